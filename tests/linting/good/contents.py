"""Four things to say on each design: a usual one, a long one, Japanese, Arabic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Content:
    """Words of a card; `accent` is dark enough to stand on white, and white on it."""

    name: str
    lang: str
    direction: str
    title: str
    text: str
    author: str
    label: str
    accent: str
    dark: bool

    @property
    def paper(self) -> str:
        return "#14161c" if self.dark else "#fbf7ef"

    @property
    def pen(self) -> str:
        return "#f4f1ea" if self.dark else "#191b20"

    @property
    def vivid(self) -> str:
        """The accent as it may stand on the paper."""
        return "#8ec5ff" if self.dark else self.accent


CONTENTS = (
    Content(
        "usual",
        "en",
        "ltr",
        "Jumpy fog over quay",
        "What the keeper saw",
        "Ågot Ögren",
        "Log",
        "#0f4c81",
        False,
    ),
    Content(
        "long",
        "vi",
        "ltr",
        "Người gác hải đăng và sương mù trên bờ biển phía bắc vào mùa đông",
        "Ghi chép về gió, thủy triều và những con tàu đi qua lúc rạng sáng",
        "Nguyễn Thị Ánh Tuyết",
        "Nhật ký",
        "#8a1c3b",
        True,
    ),
    Content(
        "japanese",
        "ja",
        "ltr",
        "灯台守の霧日記",
        "北の海から届いた便り",
        "小川 海",
        "日誌",
        "#1f5f3f",
        False,
    ),
    Content(
        "arabic",
        "ar",
        "rtl",
        "يوميات حارس المنارة في ضباب الشمال",
        "ما رآه الحارس في الليل",
        "ليلى الحداد",
        "سجل",
        "#4b2e83",
        True,
    ),
)
