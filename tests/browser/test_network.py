"""A card is drawn without any network: a server on this very machine hears nothing of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from htmlcard.browser.binary import find_chromium
from htmlcard.browser.pool import BrowserPool

from .canary import Canary, open_canary
from .conftest import MakePool
from .documents import make_document, unused_name
from .pictures import GREEN, shows
from .shooting import shoot

pytestmark = pytest.mark.browser

_GREEN_CARD = "<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>"

#: `HOST` is the canary's, `URL` one URL of it.
_MARKUP = {
    "picture": "<img src=URL>"
    "<img srcset='URL 1x'><picture><source srcset=URL><img src=x></picture>",
    "css": "<div style='background:url(URL);mask:url(URL);cursor:url(URL),auto'>x</div>"
    "<style>li{list-style:url(URL)}p::before{content:url(URL)}"
    "div{border-image:url(URL)}a{filter:url(URL#a)}</style><li>x</li><p>x</p><a>x</a>",
    "import": "<style>@import 'URL';</style><style>@import url(//HOST/x.css) layer(a);</style>",
    "stylesheet": "<link rel=stylesheet href=URL><link rel='icon' href=URL>"
    "<link rel=manifest href=URL>",
    "font": "<style>@font-face{font-family:F;src:url(URL)}p{font-family:F}</style><p>x</p>",
    "frame": "<iframe src=URL></iframe><frameset><frame src=URL></frameset>"
    "<iframe srcdoc='<img src=URL><meta http-equiv=refresh content=0;url=URL>'></iframe>"
    "<iframe src='data:text/html,<img src=URL>'></iframe>",
    "plug-in": "<object data=URL></object><embed src=URL>",
    "media": "<video src=URL poster=URL autoplay></video><audio src=URL autoplay></audio>"
    "<video><track src=URL default></video>",
    "hint": "<link rel=preconnect href=http://HOST><link rel=dns-prefetch href=http://HOST>"
    "<link rel=prefetch href=URL><link rel=preload as=image href=URL>"
    "<link rel=modulepreload href=URL><link rel=prerender href=URL>",
    "refresh": "<meta http-equiv=refresh content='0;url=URL'>",
    "form": "<form action=URL><input name=a autofocus></form><input type=image src=URL>",
    "svg": "<svg><image href=URL /><use href='URL#a'/><feImage href=URL />"
    "<a href=URL><text>x</text></a><script href=URL></script></svg>",
    "base": "<base href=http://HOST/><img src=relative.png><link rel=stylesheet href=relative.css>",
    "policy": "<meta http-equiv=Content-Security-Policy content='img-src x; report-uri URL'>"
    "<img src=URL>",
    "ping": "<a href=URL ping=URL id=a>x</a>",
}

_SCRIPTS = {
    "fetch": "fetch('URL').catch(()=>0);fetch('URL',{mode:'no-cors',keepalive:true}).catch(()=>0)",
    "xhr": "const x=new XMLHttpRequest();x.open('GET','URL');x.send()",
    "websocket": "new WebSocket('ws://HOST/');new WebSocket('ws://localhost:PORT/')",
    "event source": "new EventSource('URL')",
    "beacon": "navigator.sendBeacon('URL','x')",
    "worker": "new Worker(URL_.createObjectURL(new Blob([\"fetch('URL').catch(()=>0);"
    "new WebSocket('ws://HOST/');importScripts('URL')\"])))",
    "shared worker": "new SharedWorker(URL_.createObjectURL(new Blob([\"fetch('URL');"
    "new WebSocket('ws://HOST/')\"])))",
    "webrtc": "const p=new RTCPeerConnection({iceServers:[{urls:'stun:HOST'},"
    "{urls:'turn:HOST?transport=tcp',username:'a',credential:'b'},"
    "{urls:'turn:HOST?transport=udp',username:'a',credential:'b'}]});p.createDataChannel('a');"
    "p.createOffer().then(o=>p.setLocalDescription(o))",
    "webtransport": "try{new WebTransport('https://HOST/').ready.catch(()=>0)}catch{}",
    "popup": "window.open('URL');window.open('ws://HOST');"
    "window.open('about:blank')?.document.write('<img src=URL>')",
    "location": "setTimeout(()=>{location='URL'},50)",
    "picture": "new Image().src='URL'",
    "module": "import('URL').catch(()=>0)",
    "form": "const f=document.createElement('form');f.action='URL';document.body.append(f);"
    "setTimeout(()=>f.submit(),50)",
    "frame": "const f=document.createElement('iframe');f.src='URL';document.body.append(f)",
    "service worker": "navigator.serviceWorker?.register('URL').catch(()=>0)",
    "proxy": "fetch('http://127.0.0.1:9/').catch(()=>0);fetch('https://HOST/').catch(()=>0)",
}


def _aim(text: str, canary: Canary) -> str:
    hidden = text.replace("URL_", "window.webkit\0")
    aimed = hidden.replace("URL", f"http://{canary.host}/x").replace("HOST", canary.host)
    return aimed.replace("PORT", str(canary.port)).replace("window.webkit\0", "window.URL")


@pytest_asyncio.fixture(loop_scope="session")
async def canary() -> AsyncIterator[Canary]:
    async with open_canary() as opened:
        yield opened


@pytest.fixture
def without_unshare(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where no network namespace can be had."""
    for name in ("setpriv", "sh"):
        if found := shutil.which(name):
            (run_folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(run_folder))


async def _draw_all(pool: BrowserPool, canary: Canary) -> None:
    for markup in _MARKUP.values():
        document = make_document(_GREEN_CARD + _aim(markup, canary), template=unused_name("net"))
        await shoot(pool, document)
    for script in _SCRIPTS.values():
        body = f"{_GREEN_CARD}<script>{_aim(script, canary)}</script>"
        document = make_document(body, template=unused_name("net"), scripts=True)
        await shoot(pool, document)
        await asyncio.sleep(0.1)  # What a script put off happens now, on a page still there.


async def test_nothing_in_a_card_reaches_the_network(make_pool: MakePool, canary: Canary) -> None:
    """Templates and their values are other people's: a card that can speak can be made to spy."""
    pool = await make_pool()
    assert pool.launchpad.isolation == "A"

    await _draw_all(pool, canary)

    assert canary.heard == []
    assert shows(await shoot(pool, make_document(_GREEN_CARD)), 9, 9, GREEN)


async def test_nothing_reaches_it_without_a_network_namespace_either(
    without_unshare: None, make_pool: MakePool, canary: Canary
) -> None:
    """Containers often forbid namespaces; the dead proxy must then do what the namespace did."""
    pool = await make_pool(chromium=find_chromium("/usr/bin/chromium-headless-shell").path)
    assert pool.launchpad.isolation == "B"

    await _draw_all(pool, canary)

    assert canary.heard == []


_PLACES = (
    "file:///etc/hostname",
    "FILE:///etc/passwd",
    "view-source:file:///etc/passwd",
    "chrome://version/",
    "blob:https://s1.card.invalid/x",
    "filesystem:file:///x",
    "javascript:1",
    "\\\\\\\\host\\\\share",
    "data:text/html,<body style='background:red'>",
)


async def test_local_files_and_pages_of_the_browser_are_not_shown(pool: BrowserPool) -> None:
    """`/etc/passwd` in an iframe would be a picture of `/etc/passwd`."""
    frames = "".join(f'<iframe src="{place}"></iframe>' for place in _PLACES)
    pictures = "".join(f'<img src="{place}" width=40 height=40>' for place in _PLACES)
    sheets = "".join(f'<link rel=stylesheet href="{place}">' for place in _PLACES)
    shown = await shoot(pool, make_document(_GREEN_CARD + sheets + pictures))
    assert shows(shown, 9, 9, GREEN)

    blank = await shoot(
        pool, make_document("<style>iframe{border:0}</style>" + "<iframe></iframe>")
    )
    for place in _PLACES[:6]:
        body = f'<style>iframe{{border:0}}</style><iframe src="{place}"></iframe>'
        framed = await shoot(pool, make_document(body))
        assert framed.data == blank.data, place
    assert frames  # every place is also tried at once, below other content
    assert shows(await shoot(pool, make_document(_GREEN_CARD + frames)), 9, 9, GREEN)
