"""The child's side: take a request, answer it, and die with the parent.

By end of file while idle, by its own alarm while busy. A request frame is its length and the
seconds it may take, then the payload; an answer frame its length and one byte of kind.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
from collections.abc import Callable
from typing import BinaryIO

REQUEST_HEADER = struct.Struct(">Id")
ANSWER_HEADER = struct.Struct(">Ic")
#: What every child says once it is ready, and where its memory did not suffice.
READY, OUT_OF_MEMORY = b"O", b"M"
#: The parent kills a late child; the alarm is for a child whose parent is gone.
_ALARM_MARGIN_S = 1.0

Answer = Callable[[bytes], tuple[bytes, bytes]]


def serve(answer: Answer, max_memory_bytes: int) -> None:
    """Answer requests until the parent closes the pipe.

    `answer` turns a payload into a kind (one byte) and a payload. A MemoryError is told, and the
    parent then takes another child.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _send(answers, READY, b"")
    while True:
        header = requests.read(REQUEST_HEADER.size)
        if len(header) < REQUEST_HEADER.size:
            return
        length, timeout_s = REQUEST_HEADER.unpack(header)
        payload = requests.read(length)
        signal.setitimer(signal.ITIMER_REAL, timeout_s + _ALARM_MARGIN_S)
        try:
            kind, said = answer(payload)
        except MemoryError:
            kind, said = OUT_OF_MEMORY, b""
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, kind, said)


def _send(answers: BinaryIO, kind: bytes, payload: bytes) -> None:
    answers.write(ANSWER_HEADER.pack(len(payload), kind) + payload)
    answers.flush()
