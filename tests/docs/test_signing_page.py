"""Every signer of `docs/signing.md` is run against the published vectors."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from docs.pages import ROOT, Page

PAGE = Page("docs/signing.md")
VECTORS = json.loads((ROOT / "docs/signing-vectors.json").read_text(encoding="utf-8"))
RUNNERS = {
    "sign.py": ["python3"],
    "sign.mjs": ["node"],
    "sign.php": ["php"],
    "sign.go": ["go", "run"],
    "sign.sh": ["sh"],
}
HANG_S = 120


@pytest.mark.parametrize("name", RUNNERS)
def test_signers_sign_as_we_do(name: str, tmp_path: Path) -> None:
    """People copy these into their sites; a wrong one fails only when crawlers come."""
    runner = RUNNERS[name]
    if shutil.which(runner[0]) is None:
        pytest.skip(f"{runner[0]} is not on this machine")
    [text] = [block.text for block in PAGE.blocks if block.file == name]
    program = tmp_path / name
    program.write_text(text, encoding="utf-8")
    if name == "sign.go":
        built = ["go", "build", "-o", str(tmp_path / "sign"), str(program)]
        environ = {"HOME": str(tmp_path), "PATH": "/usr/local/go/bin:/usr/bin:/bin"}
        subprocess.run(built, check=True, timeout=HANG_S, env=environ)
        command = [str(tmp_path / "sign")]
    else:
        command = [*runner, str(program)]
    for vector in VECTORS:
        pairs = [f"{name}={value}" for name, value in vector["params"].items()]
        done = subprocess.run(
            [*command, vector["key"], vector["path"], *pairs],
            capture_output=True,
            timeout=HANG_S,
            check=True,
        )
        assert done.stdout.decode().strip() == vector["signed"], vector["what"]
