"""The report: a folder with one HTML page and its pictures, to open from disk or from a CI."""

from __future__ import annotations

import io
from pathlib import Path

from jinja2 import Environment

from htmlcard.errors import InvalidRequest
from htmlcard.images.perceptual import draw_difference
from htmlcard.template_tests.junit import explain_failure
from htmlcard.template_tests.results import CaseResult, Verdict
from htmlcard.template_tests.suite import SuiteResult

_PAGE = Path(__file__).with_name("report.html")
_PICTURES = "pictures"


def write_report(result: SuiteResult, folder: Path) -> Path:
    """Writes the report into `folder`; answers the page. Other files there are left alone.

    Raises InvalidRequest where the folder cannot be written.
    """
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["explain"] = explain_failure
    environment.globals["Verdict"] = Verdict
    page = environment.from_string(_PAGE.read_text(encoding="utf-8"))
    try:
        pictures = {
            f"{template.name}/{case.case.name}": _write_pictures(
                case, folder, f"{_PICTURES}/{template.name}/{case.case.name}"
            )
            for template in result.templates
            for case in template.cases
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "index.html"
        path.write_text(page.render(result=result, pictures=pictures), encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"report {folder} cannot be written: {error.strerror}") from error
    return path


def _write_pictures(result: CaseResult, folder: Path, name: str) -> dict[str, str]:
    """Paths below `folder` of the pictures there are: now, golden, difference."""
    pictures = {"now": result.picture}
    if result.verdict is Verdict.DIFFERENT and result.difference is not None:
        pictures["golden"] = result.golden
        if result.difference.same_size:
            out = io.BytesIO()
            draw_difference(result.picture, result.difference).save(out, "WEBP", quality=60)
            pictures["difference"] = out.getvalue()
    written: dict[str, str] = {}
    for kind, data in pictures.items():
        if data:
            suffix = "" if kind == "now" else f".{kind}"
            written[kind] = f"{name}{suffix}.webp"
            path = folder / written[kind]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return written
