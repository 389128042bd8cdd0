"""Runs in a network namespace in which every address leads here, and listens to all packets.

Started by `test_packets` under `unshare`, with the isolation level to draw at; prints to which
addresses and ports anything was sent, as JSON. So a look-up of a name is heard, too.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import subprocess
import sys
from collections import Counter

from browser.network_tries import try_all
from browser.shooting import ready
from htmlcard.browser.isolation import IsolationLevel
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.images import compare
from htmlcard.telemetry.logs import configure_logs

#: A name, and addresses of the machine and of the world.
HOSTS = ("sealed.test:80", "127.0.0.1:80", "198.51.100.7:8000")
ETH_P_ALL = 3
SETTLE_S = 0.3


def set_up() -> None:
    for command in ("ip link set lo up", "ip route add local 0.0.0.0/0 dev lo table local"):
        subprocess.run(command.split(), check=True, capture_output=True)


class Wiretap:
    """Every packet on the only interface there is."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.bind(("lo", 0))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._hear)

    def _hear(self) -> None:
        packet = self._socket.recv(2**16)[14:]
        if packet[0] >> 4 != 4:
            self.heard["not IPv4"] += 1
            return
        ports_at = (packet[0] & 15) * 4
        kind = {6: "tcp", 17: "udp"}.get(packet[9], str(packet[9]))
        port = struct.unpack_from("!H", packet, ports_at + 2)[0]
        self.heard[f"{kind} {socket.inet_ntoa(packet[16:20])}:{port}"] += 1

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


async def main(level: IsolationLevel) -> None:
    set_up()
    configure_logs("critical", "json")  # Stdout is for what was heard.
    tap = Wiretap()
    launchpad = Launchpad(None, compare, allow_unsafe=False)
    limits = {"queue": 100, "cards_per_lane": 100_000, "lane_memory_bytes": 2**40}
    async with BrowserPool(launchpad, lanes=1, **limits) as pool:
        launchpad._levels = [level]
        await ready(pool, lanes=1)
        await asyncio.sleep(SETTLE_S)
        # The proof at the start is a try of its own, and opens a door on this side.
        tap.heard.clear()
        await try_all(pool, HOSTS)
        await asyncio.sleep(SETTLE_S)
        heard = dict(tap.heard)
        tap.heard.clear()
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("198.51.100.7", 5353))
        await asyncio.sleep(SETTLE_S)
        tap.close()
        told = {"level": launchpad.isolation, "heard": heard, "control": dict(tap.heard)}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    asyncio.run(main(IsolationLevel(sys.argv[1])))
