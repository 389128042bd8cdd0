"""Runs a command under a seccomp profile of docker's format: `confine.py PROFILE COMMAND…`.

For `container-test.sh`, where no container daemon is there to do it. Knows as much of the
format as `seccomp.json` uses, and stops at anything else.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

#: SCMP_ACT_* of libseccomp's seccomp.h.
ALLOW = 0x7FFF0000
ERRNO = 0x00050000


def main(profile: str, *command: str) -> None:
    rules = json.loads(Path(profile).read_text())
    assert rules["defaultAction"] == "SCMP_ACT_ALLOW"
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))
    for rule in rules["syscalls"]:
        assert rule["action"] == "SCMP_ACT_ERRNO"
        for name in rule["names"]:
            number = seccomp.seccomp_syscall_resolve_name(name.encode())
            if number < 0:  # a call of another architecture
                continue
            action = ctypes.c_uint32(ERRNO | rule["errnoRet"])
            if seccomp.seccomp_rule_add(context, action, number, 0) != 0:
                raise SystemExit(f"{profile}: no rule can be made for {name}")
    if seccomp.seccomp_load(context) != 0:
        raise SystemExit(f"{profile}: the kernel refuses the profile")
    os.execvp(command[0], command)  # noqa: S606 - becoming the command is the purpose


if __name__ == "__main__":
    main(*sys.argv[1:])
