"""The results as JUnit XML, which every CI shows: a suite per template, a case per card."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from htmlcard.template_tests.results import CaseResult, TemplateResult, Verdict
from htmlcard.template_tests.suite import SuiteResult


def write_junit(result: SuiteResult) -> bytes:
    """One XML document."""
    root = ET.Element("testsuites", name="htmlcard templates")
    for template in result.templates:
        failures = template.broken + sum(case.failed for case in template.cases)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=template.name,
            tests=str(len(template.cases) + template.broken),
            failures=str(failures),
        )
        if template.broken:
            _add(suite, template, "loads", "\n".join(template.problems))
        for case in template.cases:
            _add(suite, template, case.case.name, explain_failure(case))
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def explain_failure(result: CaseResult) -> str:
    """Why a card failed, a line for each reason; empty where it did not."""
    lines = [result.failure] if result.failure else []
    if result.verdict is Verdict.DIFFERENT and result.difference is not None:
        difference = result.difference
        lines.append(
            f"{difference.pixels:,} pixels ({difference.share:.2%}) differ from the golden"
            if difference.same_size
            else "the card has another size than its golden"
        )
    for finding in result.findings:
        if finding.severity == "error":
            where = f" [{finding.selector}]" if finding.selector else ""
            lines.append(f"{finding.rule}: {finding.message}{where}")
    return "\n".join(lines)


def _add(suite: ET.Element, template: TemplateResult, name: str, failure: str) -> None:
    case = ET.SubElement(suite, "testcase", classname=template.name, name=name)
    if failure:
        text = "".join(char for char in failure if char.isprintable() or char == "\n")
        told = ET.SubElement(case, "failure", message=text.split("\n")[0])
        told.text = text
