"""Bytes to text as browsers do it; a wrong charset turns a whole preview into noise."""

from __future__ import annotations

import pytest

from htmlcard.links.reading.content_type import parse_content_type
from htmlcard.links.reading.decoding import decode, find_charset
from htmlcard.links.reading.prescan import find_declared_charset

PAD = b" " * 1100


@pytest.mark.parametrize(
    ("page", "label", "charset"),
    [
        (b"\xef\xbb\xbf<meta charset=koi8-r>", "windows-1251", "utf-8"),
        (b"\xff\xfea\0", "utf-8", "utf-16le"),
        (b"\xfe\xff\0a", None, "utf-16be"),
        (b"<meta charset=koi8-r>", "windows-1251", "windows-1251"),
        (b"<meta charset=koi8-r>", "utf-7", "koi8-r"),
        (b"<meta charset=koi8-r>", None, "koi8-r"),
        (b"<meta charset=nonsense>\xc3\xa9", None, "utf-8"),
        (PAD + b"<meta charset=koi8-r>plain", None, "utf-8"),
        (b"", None, "utf-8"),
    ],
)
def test_who_decides(page: bytes, label: str | None, charset: str) -> None:
    """Mark, header, meta, bytes: servers contradict their pages every day."""
    assert find_charset(page, label) == charset


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        (b"<META CHARSET='EUC-KR'>", "euc-kr"),
        (b"<meta/charset=euc-kr/>", None),  # the slash belongs to an unquoted value
        (b"<meta/charset=euc-kr />", "euc-kr"),
        (b"<metacharset=euc-kr>", None),
        (b"<!-- <meta charset=euc-kr> --><meta charset=gbk>", "gbk"),
        (b"<!--><meta charset=gbk>", "gbk"),
        (b"<!-- <meta charset=euc-kr>", None),
        (b"<p title='<meta charset=euc-kr>'><meta charset=gbk>", "gbk"),
        (b"</p <meta charset=euc-kr><meta charset=gbk>", "gbk"),
        (b"<?php <meta charset=euc-kr>?><meta charset=gbk>", "gbk"),
        (b"<script>'<meta charset=gbk>'</script>", "gbk"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=gb2312'>", "gbk"),
        (b"<meta content='text/html; charset = \"gbk\"' http-equiv=content-type>", "gbk"),
        (b"<meta http-equiv=content-type content='charset charset=gbk; x'>", "gbk"),
        (b"<meta http-equiv=content-type content='charset=\"gbk'>", None),
        (b"<meta http-equiv=refresh content='text/html; charset=gbk'>", None),
        (b"<meta content='text/html; charset=gbk'>", None),
        (b"<meta charset=none content='charset=gbk' http-equiv=content-type>", None),
        (b"<meta charset=none><meta charset=gbk>", "gbk"),
        (b"<meta charset=gbk charset=koi8-r>", "gbk"),
        (b"<meta =charset=gbk>", None),
        (b"<meta charset=utf-16>", "utf-8"),
        (b"<meta charset=x-user-defined>", "windows-1252"),
        (b"<meta charset=gbk", None),
        (b" " * 1003 + b"<meta charset=gbk>", "gbk"),
        (b" " * 1007 + b"<meta charset=gbk>", None),
        (b"<?xml version='1.0' encoding='koi8-r'?>", "koi8-r"),
        (b"<?xml version='1.0' encoding='utf-16'?>", "utf-8"),
        (b"<?xml version='1.0' encoding='koi8-r'?><meta charset=gbk>", "gbk"),
        (b" <?xml version='1.0' encoding='koi8-r'?>", None),
        (b"<\0?\0x\0m\0l\0", "utf-16le"),
        (b"\0<\0?\0x\0m\0l", "utf-16be"),
        (b"<", None),
    ],
)
def test_the_prescan_is_the_standards(head: bytes, charset: str | None) -> None:
    """Browsers agree on these to the letter, and authors test their pages in browsers."""
    assert find_declared_charset(head) == charset


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("shift_jis", b"\x81\x60\x80\xfa\x40\x81<", "\uff5e\x80\u2170\ufffd<"),
        ("euc-jp", b"\xad\xa1\x8f\xa2\xb7", "\u2460\uff5e"),
        ("iso-2022-jp", b'\x1b$B$"\x1b(B<', "あ<"),
        ("euc-kr", b"\x81\x41", "\uac02"),
        ("gbk", b"\x80\xa2\xe3", "€€"),
        ("gb18030", b"\x95\x32\x82\x36\x84\x310\xa4", "\U00020000\ufffd10\ufffd"),
        ("big5", b"\x88\x62\xfa\x40\xa1<", "\u00ca\u0304\U00020547\ufffd<"),
        ("koi8-u", b"\xae\xbe", "ўЎ"),
        ("windows-1252", b"\x81\x80", "\x81€"),
        ("windows-1253", b"\xaa", "\ufffd"),
        ("windows-874", b"\x85", "…"),
        ("x-mac-cyrillic", b"\xff", "€"),
        ("x-user-defined", b"\x80\xff", "\uf780\uf7ff"),
        ("utf-8", b"\xef\xbb\xbf\xf0\x9f\x98a\xc0\xaf", "\ufffda\ufffd\ufffd"),
        ("utf-16le", b"\xff\xfe\x00\xd8a\0b", "\ufffda\ufffd"),
        ("utf-16be", b"\xd8\x3d\xde\x00", "\U0001f600"),
        ("replacement", b"anything", "\ufffd"),
    ],
)
def test_the_tables_are_the_webs(charset: str, raw: bytes, text: str) -> None:
    """Python's codecs of these names lack letters, or have others in their places."""
    assert decode(raw, charset) == text


@pytest.mark.parametrize(
    ("words", "charset"),
    [
        ("Съешь ещё этих мягких французских булок", "windows-1251"),
        ("色は匂へど散りぬるを、我が世誰ぞ常ならむ", "shift_jis"),
        ("나라의 말이 중국과 달라 문자와 서로 통하지", "euc-kr"),
        ("学而时习之，不亦说乎？有朋自远方来", "gbk"),
        ("Dès Noël où un zéphyr haï me vêt de glaçons", "windows-1252"),
    ],
)
def test_undeclared_pages_are_guessed(words: str, charset: str) -> None:
    """Old pages say nothing, and their readers' browsers guessed."""
    assert find_charset(f"<title>{words}</title>".encode(charset), None) == charset


@pytest.mark.parametrize(
    ("header", "essence", "charset"),
    [
        (None, "", None),
        ("Text/HTML ; Charset=UTF-8", "text/html", "UTF-8"),
        ('text/html; charset="a\\"b;c"; charset=x', "text/html", 'a"b;c'),
        ("text/html; charset='utf-8'", "text/html", "'utf-8'"),
        ('text/html; x="charset=y;" ; charset=z', "text/html", "z"),
        ("text/html;;charset= ;charset=a", "text/html", "a"),
        ("application/json", "application/json", None),
    ],
)
def test_headers_are_read_as_browsers_do(
    header: str | None, essence: str, charset: str | None
) -> None:
    """Quoted values may hold what separates parameters."""
    found = parse_content_type(header)
    assert (found.essence, found.charset) == (essence, charset)
