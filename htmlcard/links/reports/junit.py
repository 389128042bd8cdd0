"""Reports as JUnit XML: a suite per page, in it a case per rule that found something.

One mistake is one failure, however many platforms it concerns. Platforms that nothing fails are
cases that pass, so that a good page is more than an empty suite.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from htmlcard.links.report import Finding, Report, Severity
from htmlcard.links.reports.visible import make_visible
from htmlcard.links.reports.words import MEND_LEADS, fails, list_platforms, name_of


def write_junit(reports: Iterable[Report], fail_on: Severity = "error") -> bytes:
    """One XML document. Findings below `fail_on` pass, and are told in the case's output."""
    root = ET.Element("testsuites", name="htmlcard check")
    for report in reports:
        root.append(_suite(report, fail_on))
    for name in ("tests", "failures"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _suite(report: Report, fail_on: Severity) -> ET.Element:
    page = make_visible(report.url)
    suite = ET.Element("testsuite", name=page)
    failing = {
        platform
        for finding in report.findings
        if fails(finding, fail_on)
        for platform in finding.platforms
    }
    for view in report.platforms:
        if view.platform not in failing:
            ET.SubElement(suite, "testcase", classname=page, name=name_of(view.platform))
    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for rule, findings in by_rule.items():
        case = ET.SubElement(suite, "testcase", classname=page, name=rule)
        text = make_visible("\n\n".join(_explain(each, report) for each in findings))
        if any(fails(each, fail_on) for each in findings):
            message = make_visible(findings[0].message)
            told = ET.SubElement(case, "failure", type=findings[0].severity, message=message)
        else:
            told = ET.SubElement(case, "system-out")
        told.text = text
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    return suite


def _explain(finding: Finding, report: Report) -> str:
    lines = [
        f"{finding.severity} on {list_platforms(finding, report)}",
        finding.message,
        f"Seen: {finding.evidence}",
        f"{MEND_LEADS[finding.fix.kind]}: {finding.fix.text}",
    ]
    return "\n".join(lines)
