# The server. Build it from the repository's root: docker build -f deploy/server.Dockerfile -t rouse .
# Runs as a user of its own; the root file system may be read-only, state lies in /var/lib/rouse. docs/runbooks/deploy.md says how to run it.

FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# What it made is run in the stage below, whose libraries it will have; here it would only prove this one's.
RUN eng/publish --unchecked /out

FROM debian:12.12-slim
# libsqlite3-0: the embedded store. libssl3 and ca-certificates: providers and hubs. tzdata: warm hours in time zones.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libsqlite3-0 libssl3 libstdc++6 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 rouse \
    && useradd --uid 10001 --gid rouse --home-dir /var/lib/rouse --shell /usr/sbin/nologin rouse \
    && install -d -o rouse -g rouse -m 0700 /var/lib/rouse
COPY --from=build /out/rouse /out/rouse-worker /out/libonnxruntime.so.1 /opt/rouse/
RUN ["/opt/rouse/rouse", "version"]
ENV PATH=/opt/rouse:$PATH \
    ROUSE_HOST=0.0.0.0 \
    ROUSE_PORT=8080 \
    ROUSE_DATA=/var/lib/rouse \
    ROUSE_SERVER=http://127.0.0.1:8080 \
    ROUSE_LOG_FORMAT=json \
    DOTNET_EnableDiagnostics=0
USER 10001:10001
WORKDIR /var/lib/rouse
VOLUME /var/lib/rouse
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["rouse", "smoke", "--quiet"]
ENTRYPOINT ["rouse"]
CMD ["serve"]
