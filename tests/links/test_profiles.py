"""The crawlers and rules as data: complete, sourced, and what the documentation says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from htmlcard.links.checks.guide import write_guide
from htmlcard.links.checks.rule import SEVERITIES, load_rules
from htmlcard.links.profiles import Cut, Over, load_profiles

from .crafted.case import FOLDER, PLATFORMS

DOCS = Path(__file__).parents[2] / "docs" / "links.md"
SPECIFICATION = (FOLDER / "RULES.md").read_text(encoding="utf-8")
#: Who sends what, as firewalls and logs know them.
AGENTS = {
    "facebook": "facebookexternalhit/1.1",
    "threads": "facebookexternalhit/1.1",
    "whatsapp": "WhatsApp/2.",
    "linkedin": "LinkedInBot/1.0",
    "x": "Twitterbot/1.0",
    "slack": "Slackbot-LinkExpanding 1.0",
    "discord": "Discordbot/2.0",
    "telegram": "TelegramBot (like TwitterBot)",
    "imessage": "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "bluesky": "Bluesky Cardyb/1.1",
    "mastodon": "Mastodon/",
    "signal": "WhatsApp/2",
    "matrix": "Synapse",
    "teams": "SkypeUriPreview",
    "pinterest": "Pinterest/0.2",
}


def test_there_is_a_profile_for_each_platform_in_order() -> None:
    """Reports have them in this order; who is not here is never checked."""
    assert tuple(profile.platform for profile in load_profiles()) == PLATFORMS
    for profile in load_profiles():
        assert AGENTS[profile.platform] in profile.user_agent.value
        assert profile.agent_name.partition("/")[0] in profile.user_agent.value


def test_signal_is_not_taken_for_whatsapp() -> None:
    """Both go by one name; a firewall that wants the version sees the difference."""
    agents = {profile.platform: profile.user_agent.value for profile in load_profiles()}
    assert agents["signal"] == "WhatsApp/2"
    assert agents["whatsapp"] != agents["signal"]


def test_every_fact_has_a_source() -> None:
    """Without one nobody can tell whether it still holds."""
    for profile in load_profiles():
        facts = [getattr(profile, name) for name in type(profile).model_fields]
        sourced = [fact for fact in facts if hasattr(fact, "source")]
        assert len(sourced) >= 5
        assert all(fact.source and fact.confidence in "OS3U" for fact in sourced)


@pytest.mark.parametrize(("confidence", "severity"), [("3", "error"), ("U", "warning")])
def test_hearsay_is_no_error(confidence: str, severity: str) -> None:
    """A platform's verdict must not be broken by what somebody once wrote in a blog."""
    with pytest.raises(ValidationError, match=f"confidence {confidence} carries no {severity}"):
        Over(over=1, severity=severity, source="a blog", confidence=confidence)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cut", "text", "shown"),
    [
        ({"characters": 5}, "abcde", "abcde"),
        ({"characters": 5}, "abcdef", "abcd…"),
        ({"characters": 5}, "abc def", "abc…"),
        ({"bytes": 9}, "ééééé", "ééé…"),
        ({"bytes": 8}, "ééééé", "éé…"),
        ({"bytes": 6}, "日本", "日本"),
        ({"bytes": 6}, "日本語", "日…"),
        ({"bytes": 7}, "\U0001f35e\U0001f35e", "\U0001f35e…"),
    ],
)
def test_what_is_cut_is_within_the_limit(cut: dict[str, int], text: str, shown: str) -> None:
    """Half a letter, or an ellipsis too many, and the report shows what nobody sees."""
    assert Cut(**cut, source="test", confidence="O").cut(text) == shown  # type: ignore[arg-type]


def test_the_rules_are_those_of_the_specification() -> None:
    """Rules, platforms and severities are written down twice, so that a slip in one shows."""
    ids = re.findall(r"^\| `([a-z0-9-]+)` \| [EWH]\b", SPECIFICATION, re.M)
    assert list(load_rules()) == ids
    kinds = dict(
        re.findall(
            r"^\| `([a-z0-9-]+)` \|.*\| (add-tag|replace-tag|remove-tag|header|server|picture)\b",
            SPECIFICATION,
            re.M,
        )
    )
    assert {rule.id: rule.kind for rule in load_rules().values()} == kinds


def test_every_rule_strikes_somebody_and_tells_why() -> None:
    """Findings are for people: what is wrong, why that matters, who says so."""
    for rule in load_rules().values():
        severities = [severity for severity in SEVERITIES if rule.platforms(severity)]
        assert severities
        assert rule.message.endswith(".")
        for severity in severities:
            assert rule.source_of(severity)
            assert severity != "error" or rule.confidence_of(severity) in "OS"
            assert severity != "warning" or rule.confidence_of(severity) in "OS3"
            platforms = rule.platforms(severity)
            assert platforms == "all" or set(platforms) <= set(PLATFORMS)


def test_the_documentation_has_the_tables() -> None:
    """`python -m htmlcard.links.checks.guide` prints them for `docs/links.md`."""
    text = DOCS.read_text(encoding="utf-8")
    for table in write_guide().rstrip("\n").split("\n\n"):
        assert table in text
