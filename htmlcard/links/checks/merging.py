"""What is alike in the hits of all platforms, as one finding each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from htmlcard.links.checks.hits import Hit
from htmlcard.links.checks.rule import SEVERITIES, load_rules
from htmlcard.links.profiles import load_profiles
from htmlcard.links.report import Edit, Finding, Mend, MendKind

_MANY = 5
#: All fifteen, each with something of its own, need half of it.
_MAX_EVIDENCE = 4000
_SAME_PAGE = "Send this crawler the page that others get."


def merge(hits: Iterable[Hit]) -> Iterator[Finding]:
    """One finding for each rule and severity, worst first; of a rule, each platform's worst."""
    order = {rule: number for number, rule in enumerate(load_rules())}
    groups: dict[tuple[int, int], list[Hit]] = {}
    for hit in _find_worst(hits):
        key = (SEVERITIES.index(hit.severity), order[hit.rule])
        groups.setdefault(key, []).append(hit)
    for _, group in sorted(groups.items(), key=lambda item: item[0]):
        yield _to_finding(group)


def _find_worst(hits: Iterable[Hit]) -> list[Hit]:
    """Of one rule, each platform's worst."""
    hits = list(hits)
    ranks: dict[tuple[str, str], int] = {}
    for hit in hits:
        key, rank = (hit.rule, hit.platform), SEVERITIES.index(hit.severity)
        ranks[key] = min(rank, ranks.get(key, rank))
    return [h for h in hits if SEVERITIES.index(h.severity) == ranks[h.rule, h.platform]]


def _to_finding(hits: list[Hit]) -> Finding:
    rule, severity = load_rules()[hits[0].rule], hits[0].severity
    struck = {hit.platform for hit in hits}
    return Finding(
        rule=rule.id,
        severity=severity,
        platforms=tuple(p.platform for p in load_profiles() if p.platform in struck),
        message=rule.message,
        evidence=_join_evidence(hits),
        source=rule.source_of(severity),
        confidence=rule.confidence_of(severity),
        fix=_join_mends(hits),
    )


def _join_evidence(hits: list[Hit]) -> str:
    """What was seen, with what each platform makes of it; by platform where they saw different
    things."""
    names_of = {profile.platform: profile.name for profile in load_profiles()}
    seen: dict[str, dict[str, None]] = {}
    limits: dict[str, dict[str, None]] = {}
    for hit in hits:
        seen.setdefault(hit.evidence, {})[names_of[hit.platform]] = None
        if hit.limit:
            limits.setdefault(hit.evidence, {})[hit.limit] = None
    said = {e: "; ".join((e, *filter(None, [", ".join(limits.get(e, ()))]))) for e in seen}
    if len({tuple(names) for names in seen.values()}) == 1:
        return _shorten("; ".join(said.values()))
    # Most of them need no naming.
    widest = max(seen, key=lambda evidence: len(seen[evidence]))
    labels = {evidence: ", ".join(names) for evidence, names in seen.items()}
    if len(seen[widest]) > _MANY:
        labels[widest] = "others"
        seen[widest] = seen.pop(widest)
    return _shorten("; ".join(f"{labels[evidence]}: {said[evidence]}" for evidence in seen))


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_EVIDENCE else text[: _MAX_EVIDENCE - 1] + "…"


def _join_mends(hits: list[Hit]) -> Mend:
    rule = load_rules()[hits[0].rule]
    # Values of the page are never filled in.
    names = ", ".join(dict.fromkeys(hit.names for hit in hits if hit.names))
    usual = rule.mend.replace("{names}", names)
    edits: dict[Edit, None] = {}
    texts: dict[str, None] = {}
    kinds: list[MendKind] = []
    for hit in hits:
        if hit.repair is not None and not hit.repair.applies:
            texts[_SAME_PAGE] = None
            kinds.append("server")
            continue
        if hit.repair is not None:
            edits |= dict.fromkeys(hit.repair.edits())
        texts[hit.words or (hit.repair.text() if hit.repair else usual)] = None
        kinds.append(hit.kind or rule.kind)
    return Mend(kinds[0], "\n".join(texts), tuple(edits))
