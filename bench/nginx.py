"""One nginx worker with one file, the measure of how fast bytes in memory can be served."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

import aiohttp

from bench.contestants.htmlcard import find_free_port
from bench.processes import stop_tree

# Everything it would write lies in its own folder; nothing of the machine's nginx is read.
_CONFIG = """\
{user}daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=10;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    default_type {content_type};
    add_header Cache-Control "public, max-age=86400";
  }}
}}
"""


class Nginx:
    """Serves `data` at `url` between `start` and `stop`."""

    def __init__(self, data: bytes, content_type: str, prefix: tuple[str, ...]) -> None:
        self._data = data
        self._content_type = content_type
        self._prefix = prefix
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    async def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="htmlcard-bench-")
        folder = Path(self._folder.name)
        port = find_free_port()
        (folder / "files").mkdir()
        (folder / "files/card").write_bytes(self._data)
        config = folder / "nginx.conf"
        user = "user root;\n" if os.geteuid() == 0 else ""
        config.write_text(
            _CONFIG.format(user=user, folder=folder, port=port, content_type=self._content_type)
        )
        self.url = f"http://127.0.0.1:{port}/card"
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        command = (*self._prefix, binary, "-e", str(folder / "error.log"), "-c", str(config))
        self._process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
        async with aiohttp.ClientSession() as session:
            for _ in range(500):
                try:
                    async with session.get(self.url) as response:
                        assert await response.read() == self._data
                        return
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.01)
        raise RuntimeError(f"nginx does not answer: {(folder / 'error.log').read_text()[-300:]}")

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process:
            process.terminate()
            await stop_tree(process)
        if self._folder:
            self._folder.cleanup()
