"""Chromium's command line, each flag with its reason.

Playwright brings a long list of its own (no first run, no component updates,
sRGB); what stands here is added to it. Switches are those of Chromium 156,
https://peter.sh/experiments/chromium-command-line-switches/.
"""

from __future__ import annotations

from htmlcard.card import DEFAULT_SIZE

_FEATURES = (
    # No network, so no process for it: 15 MB less.
    "NetworkServiceInProcess2",
    # What Playwright asks for: the last list of features is the one that counts.
    "CDPScreenshotNewSurface",
    "SkipListAccountsWithoutGaiaCookies",
)

#: For every Chromium, whatever way it draws.
COMMON_FLAGS = (
    # A window as large as the usual card: no viewport emulation is needed, which is slower.
    f"--window-size={DEFAULT_SIZE.width_px},{DEFAULT_SIZE.height_px}",
    "--hide-scrollbars",
    # There is no GPU in the places where servers run; probing for one costs start-up time.
    "--disable-gpu",
    "--disable-gpu-compositing",
    "--disable-software-rasterizer",
    # Text is drawn alike on every machine: no LCD subpixels, no hinting of the host's taste.
    "--disable-lcd-text",
    "--font-render-hinting=none",
    # Dates and numbers formatted by the browser do not depend on the machine.
    "--lang=en-US",
    # A card draws without any network. These hold even where a network namespace cannot be had:
    # every name is unknown, and whatever is left meets a proxy that is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--no-pings",
    # Cards are still: pictures that move show their first frame.
    "--blink-settings=imageAnimationPolicy=2",
    # Nothing a card needs, and each can start processes or connections.
    "--disable-plugins",
    # A process that only waits to become a plugin or a utility: 5 MB for nothing.
    "--no-unsandboxed-zygote",
    f"--enable-features={','.join(_FEATURES)}",
    "--block-new-web-contents",
    "--disable-notifications",
    "--disable-speech-api",
)

#: For drawing frame by frame on demand (`HeadlessExperimental.beginFrame`), which only
#: chromium-headless-shell can do. With these on, the stock screenshot call hangs.
BEGIN_FRAME_FLAGS = (
    "--enable-begin-frame-control",
    # One call draws everything: no frame is answered before all stages of it are done.
    "--run-all-compositor-stages-before-draw",
    "--disable-new-content-rendering-timeout",
    # Animations and scrolling happen on the main thread, in step with our frames.
    "--disable-threaded-animation",
    "--disable-threaded-scrolling",
    # Pictures are decoded before they are drawn, never one frame later.
    "--disable-checker-imaging",
    "--disable-image-animation-resync",
    # One tile holds the largest card. Curves are antialiased a little differently where a tile
    # cuts them, so that tiles would show, and canvas and screenshot would not agree.
    "--default-tile-width=8192",
    "--default-tile-height=8192",
    "--max-untiled-layer-width=8192",
    "--max-untiled-layer-height=8192",
    # Each document set into a page is garbage at the next: by default V8 lets 100 MB and more of
    # it gather before it collects. What a card's own scripts may use is limited to this, too, MB.
    "--js-flags=--max-old-space-size=64 --max-semi-space-size=1",
    # `drawElementImage`: the card is rastered straight into a canvas of our page.
    "--enable-blink-features=CanvasDrawElement",
)


def chromium_flags(*, begin_frame: bool) -> list[str]:
    """The flags to add to Playwright's own."""
    return [*COMMON_FLAGS, *(BEGIN_FRAME_FLAGS if begin_frame else ())]
