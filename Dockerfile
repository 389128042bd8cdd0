# htmlcard with Chromium and fonts, as an ordinary user. Writes to /var/cache/htmlcard
# and /tmp alone, so the root file system may be read-only: see deploy/compose.yaml.

FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/htmlcard
# The dependencies alone first: they change seldom, and the layer is kept until they do.
COPY requirements.lock /src/
RUN /opt/htmlcard/bin/pip install --no-cache-dir --require-hashes -r /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY htmlcard /src/htmlcard
COPY templates /src/templates
RUN /opt/htmlcard/bin/pip install --no-cache-dir --no-deps /src \
 && /opt/htmlcard/bin/pip uninstall -y pip

FROM debian:trixie-slim
LABEL org.opencontainers.image.title="htmlcard" \
      org.opencontainers.image.licenses="MIT"
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      ca-certificates chromium-headless-shell fontconfig \
      fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core libfribidi0 python3 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home --shell /usr/sbin/nologin htmlcard \
 && install -d -o htmlcard -g htmlcard /var/cache/htmlcard \
 # Built here once: on a read-only file system every browser would build it anew.
 && fc-cache --system-only
COPY --from=build /opt/htmlcard /opt/htmlcard
ENV PATH=/opt/htmlcard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8080 \
    HTMLCARD_CACHE_DIR=/var/cache/htmlcard
USER 10001:10001
WORKDIR /home/htmlcard
VOLUME /var/cache/htmlcard
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python3", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/livez\", timeout=4)"]
# Somebody must reap the browsers that are killed: as process 1 htmlcard would collect zombies.
ENTRYPOINT ["tini", "--", "htmlcard"]
CMD ["serve"]
