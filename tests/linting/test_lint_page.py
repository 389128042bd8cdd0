"""docs/lint.md says of each rule what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from htmlcard.linting.rules import RULES

_PAGE = Path(__file__).parents[2] / "docs" / "lint.md"


def test_the_table_is_that_of_the_code() -> None:
    """People look a finding up by its id; a rule nobody wrote down cannot be mended."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", _PAGE.read_text(encoding="utf-8"), re.M)
    assert rows == [
        (rule.id, f"{rule.severity} | {rule.what} | {rule.why} | {rule.mend}")
        for rule in RULES.values()
    ]
