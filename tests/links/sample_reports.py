"""Reports written by hand: a good page, a bad one, and one that means harm."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from htmlcard.links.report import Edit, Finding, Mend, PlatformView, Report, Verdict

from .crafted.case import PLATFORMS

PAGE = "https://example.org/bread"
PICTURE = "https://example.org/card.png"
_LARGE = {"facebook", "threads", "linkedin", "x", "slack", "discord", "telegram", "imessage"}
_LARGE |= {"bluesky", "mastodon", "signal", "pinterest"}

HOSTILE_TEXTS = (
    "<script>document.title = 'owned'</script>",
    '"><img src=https://evil.test/x onerror="document.title = 1">',
    "'-alert(1)-'{{ 7 * 7 }}</style></title></textarea>",
    "[red]rich[/red] [link=https://evil.test]markup[/link] :smile:",
    "\x1b[31mred\x1b]0;owned\x07\x9b2J\x08\r\x00",
    "\u202etxt.exe\u2066\u2028 \ud83d \ufffe ]]>",
)


def view(platform: str, verdict: Verdict = "ok", **changes: object) -> PlatformView:
    """What a platform shows of a good page, but for `changes`."""
    shown: dict[str, object] = {
        "title": "Bread without kneading",
        "description": "Flour, water, salt, and eighteen hours of patience.",
        "image": PICTURE,
        "layout": "large" if platform in _LARGE else "thumbnail",
    }
    return PlatformView(platform, verdict=verdict, **{**shown, **changes})  # type: ignore[arg-type]


def good_report() -> Report:
    return Report(PAGE, PAGE, tuple(view(platform) for platform in PLATFORMS), ())


def bad_report() -> Report:
    """An error of two platforms, one of another, a warning of all, a hint."""
    gone = {"title": None, "description": None, "image": None, "layout": "none"}
    wrong = {
        "signal": view("signal", "error", image=None, layout="text"),
        "mastodon": view("mastodon", "error", image=None, layout="text"),
        "telegram": view("telegram", "error", **gone),
    }
    findings = (
        Finding(
            "image-format",
            "error",
            ("mastodon", "signal"),
            "The picture is an AVIF, which these platforms do not show. Offer a PNG or JPEG.",
            "image/avif",
            "mastodon, signal: source code",
            "S",
            Mend("picture", "Save it as PNG or JPEG, 1200 x 630"),
        ),
        Finding(
            "bot-blocked",
            "error",
            ("telegram",),
            "The server turns this crawler away, so the link stays a link. Let it pass.",
            "403 for TelegramBot (like TwitterBot), 200 for a browser",
            "RFC 9110",
            "O",
            Mend("server", "Let user agents pass that contain TelegramBot"),
        ),
        Finding(
            "mixed-case",
            "warning",
            PLATFORMS,
            "The name of a tag is not in lower case, and some readers mind.",
            '<meta property="OG:Title" content="Bread">',
            "ogp.me",
            "O",
            Mend(
                "replace-tag",
                '<meta property="og:title" content="Bread">',
                (Edit(48, 90, '<meta property="og:title" content="Bread">'),),
            ),
        ),
        Finding(
            "missing-image-alt",
            "hint",
            PLATFORMS,
            "Nothing says what is seen on the picture. People who cannot see it get nothing.",
            '<meta property="og:image" content="/card.avif">',
            "ogp.me",
            "O",
            Mend(
                "add-tag",
                '<meta property="og:image:alt" content="WHAT IS SEEN">',
                (Edit(91, 91, '<meta property="og:image:alt" content="WHAT IS SEEN">\n'),),
            ),
        ),
    )
    views = tuple(wrong.get(platform) or view(platform, "warning") for platform in PLATFORMS)
    return Report(PAGE, f"{PAGE}/", views, findings)


def hostile_report() -> Report:
    """All its texts are a stranger's, and all of them mean harm."""
    text = " ".join(HOSTILE_TEXTS)
    views = tuple(
        view(platform, "error", title=text, description=text, image=f"https://evil.test/{text}")
        for platform in PLATFORMS
    )
    mend = Mend("replace-tag", text, (Edit(0, 1, text),))
    finding = Finding("mixed-case", "error", PLATFORMS, text, text, text, "O", mend)
    return Report(f"https://example.org/{text}", f"javascript:{text}", views, (finding,))


def draw_picture(width: int = 1200, height: int = 630) -> bytes:
    """A picture whose middle square and corners are told apart, as PNG."""
    image = Image.new("RGB", (width, height), (244, 229, 205))
    draw = ImageDraw.Draw(image)
    side = min(width, height)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(122, 72, 30), width=side // 20)
    box = ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2)
    draw.ellipse([box[0] + 60, box[1] + 60, box[2] - 60, box[3] - 60], (196, 132, 60))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
