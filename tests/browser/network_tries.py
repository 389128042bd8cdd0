"""All the ways in which a document can try to reach the network, with and without scripts.

`HOST` is where it must not get, `PORT` that place's port, `URL` one URL of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from htmlcard.browser.pool import BrowserPool
from htmlcard.errors import RenderFailed

from .documents import make_document, unused_name
from .shooting import shoot

#: Tries that navigate, which most often end before there is a card.
MAX_WITHOUT_CARD = 5
GREEN_CARD = "<div style='position:fixed;inset:0;background:rgb(20,180,20)'></div>"

MARKUP = {
    "picture": "<img src=URL>"
    "<img srcset='URL 1x'><picture><source srcset=URL><img src=x></picture>",
    "css": "<div style='background:url(URL);mask:url(URL);cursor:url(URL),auto'>x</div>"
    "<style>li{list-style:url(URL)}p::before{content:url(URL)}"
    "div{border-image:url(URL)}a{filter:url(URL#a)}</style><li>x</li><p>x</p><a>x</a>",
    "import": "<style>@import 'URL';</style><style>@import url(//HOST/x.css) layer(a);</style>",
    "stylesheet": "<link rel=stylesheet href=URL><link rel='icon' href=URL>"
    "<link rel=manifest href=URL>",
    "font": "<style>@font-face{font-family:F;src:url(URL)}p{font-family:F}</style><p>x</p>",
    "font by name": "<link rel=preload as=font href=URL crossorigin>"
    "<style>@font-face{font-family:G;src:local(G),url(//HOST/g.woff2) format('woff2')}"
    "p{font-family:G}</style><p>x</p>",
    "frame": "<iframe src=URL></iframe><frameset><frame src=URL></frameset>"
    "<iframe srcdoc='<img src=URL><meta http-equiv=refresh content=0;url=URL>'></iframe>"
    "<iframe src='data:text/html,<img src=URL>'></iframe>",
    "plug-in": "<object data=URL></object><embed src=URL>",
    "media": "<video src=URL poster=URL autoplay></video><audio src=URL autoplay></audio>"
    "<video><track src=URL default></video>",
    "hint": "<link rel=preconnect href=http://HOST><link rel=dns-prefetch href=http://HOST>"
    "<link rel=prefetch href=URL><link rel=preload as=image href=URL>"
    "<link rel=modulepreload href=URL><link rel=prerender href=URL>",
    "speculation": "<script type=speculationrules>"
    '{"prefetch":[{"urls":["URL"],"eagerness":"immediate"}],'
    '"prerender":[{"urls":["URL"],"eagerness":"immediate"}]}</script>',
    "refresh": "<meta http-equiv=refresh content='0;url=URL'>",
    "form": "<form action=URL><input name=a autofocus></form><input type=image src=URL>",
    "svg": "<svg><image href=URL /><use href='URL#a'/><feImage href=URL />"
    "<a href=URL><text>x</text></a><script href=URL></script></svg>",
    "base": "<base href=http://HOST/><img src=relative.png><link rel=stylesheet href=relative.css>",
    "policy": "<meta http-equiv=Content-Security-Policy content='img-src x; report-uri URL'>"
    "<img src=URL>",
    "ping": "<a href=URL ping=URL id=a>x</a>",
}

SCRIPTS = {
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
    "font": "new FontFace('F','url(URL)').load().catch(()=>0)",
    "hint": "for(const rel of ['preconnect','dns-prefetch','prefetch','preload']){"
    "const l=document.createElement('link');l.rel=rel;l.as='image';l.href='http://HOST/h';"
    "document.head.append(l)}",
    "refresh": "const m=document.createElement('meta');m.httpEquiv='refresh';"
    "m.content='0;url=URL';document.head.append(m)",
    "svg": "document.body.innerHTML='<svg><image href=URL /><foreignObject><iframe src=URL>"
    "</iframe></foreignObject></svg>'",
    "module": "import('URL').catch(()=>0)",
    "form": "const f=document.createElement('form');f.action='URL';document.body.append(f);"
    "setTimeout(()=>f.submit(),50)",
    "frame": "const f=document.createElement('iframe');f.src='URL';document.body.append(f)",
    "service worker": "navigator.serviceWorker?.register('URL').catch(()=>0)",
    "proxy": "fetch('http://127.0.0.1:9/').catch(()=>0);fetch('https://HOST/').catch(()=>0)",
}


def aim(text: str, host: str) -> str:
    """A try of these, aimed at `name:port`."""
    hidden = text.replace("URL_", "window.webkit\0")
    aimed = hidden.replace("URL", f"http://{host}/x").replace("HOST", host)
    port = host.rpartition(":")[2]
    return aimed.replace("PORT", port).replace("window.webkit\0", "window.URL")


async def try_all(pool: BrowserPool, hosts: Sequence[str]) -> None:
    """Draw a card of each, aimed at all hosts; those without scripts also with scripts allowed."""
    drawn = 0
    for markup in MARKUP.values():
        for scripts in (False, True):
            tries = "".join(aim(markup, host) for host in hosts)
            drawn += await _try(pool, GREEN_CARD + tries, scripts=scripts)
    for script in SCRIPTS.values():
        tries = "".join(f"<script>{{{aim(script, host)}}}</script>" for host in hosts)
        drawn += await _try(pool, GREEN_CARD + tries, scripts=True)
        await asyncio.sleep(0.1)  # What a script put off happens now, on a page still there.
    assert drawn >= 2 * len(MARKUP) + len(SCRIPTS) - MAX_WITHOUT_CARD


async def _try(pool: BrowserPool, body: str, *, scripts: bool) -> bool:
    """Whether a card came of it: a page with scripts may leave for elsewhere, and has none."""
    document = make_document(body, template=unused_name("net"), scripts=scripts)
    try:
        await shoot(pool, document)
    except RenderFailed:
        return False
    return True
