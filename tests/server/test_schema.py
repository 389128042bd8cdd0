"""`/openapi.json` taken at its word: requests made from it, and answers held against it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from running import Site

HANG_S = 120.0
#: GET is lenient, so that it takes what the description forbids is no fault.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)


async def test_the_service_answers_as_it_says(site: Site, tmp_path: Path) -> None:
    """Clients are generated from the description: a status it does not name crashes them."""
    config = tmp_path / "schemathesis.toml"
    config.write_text('[parameters]\n"path.template" = "nonce"\n')
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={config}",
        "run",
        str(site.client.make_url("/openapi.json")),
        "--header=Authorization: Bearer letmein",
        f"--checks={','.join(CHECKS)}",
        "--phases=coverage,fuzzing",
        "--max-examples=20",
        "--generation-database=none",
        "--seed=2026",
        "--no-color",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(HANG_S):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, told.decode()
    paths = (await site.get("/openapi.json")).json["paths"]
    # All but the description itself, which it has asked for before.
    operations = sum(len(item) for item in paths.values()) - 1
    assert f"{operations} selected / {operations} total" in told.decode()
