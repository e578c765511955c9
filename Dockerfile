# Two stages: the wheel and its dependencies are installed into /opt/strangler, the second stage takes only that.
# The first has a compiler, for the live path (docs/decisions/0012); every dependency has a wheel. No container engine runs in our tests; see docs/guide/deploy.md.
FROM python:3.11-bookworm AS build
ENV HATCH_BUILD_HOOK_ENABLE_MYPYC=true
WORKDIR /src
RUN python -m venv /opt/strangler
COPY pyproject.toml README.md LICENSE ./
COPY proxy proxy
COPY shadow shadow
COPY console console
COPY demo demo
RUN /opt/strangler/bin/pip install --no-cache-dir --disable-pip-version-check '.[http2,oidc]'

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="strangler" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/strangler /opt/strangler
# The root file system may be read-only: the store and the key live in /data, sockets and counters in /tmp (a tmpfs).
RUN install -d -m 0700 -o 10001 -g 10001 /data
# STRANGLER_SECRET is where the key file is, not the key.
# hadolint ignore=DL3064
ENV PATH=/opt/strangler/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STRANGLER_LISTEN=0.0.0.0:8080 \
    STRANGLER_ADMIN=127.0.0.1:8081 \
    STRANGLER_CONFIG=/etc/strangler/routes.yaml \
    STRANGLER_STORE=sqlite:////data/strangler.db \
    STRANGLER_SECRET=/data/strangler.key
WORKDIR /data
VOLUME ["/data"]
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["strangler", "status"]
# The exec form: SIGTERM reaches the supervisor, which drains.
STOPSIGNAL SIGTERM
ENTRYPOINT ["strangler"]
CMD ["serve"]
