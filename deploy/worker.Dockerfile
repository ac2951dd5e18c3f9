# The worker, for Runpod: docker build -f deploy/worker.Dockerfile -t registry/rouse-worker:0.1.0 . ; its name is the server's ROUSE_RUNPOD_IMAGE.
# It is told everything by its environment (rouse-worker --help): the server and Runpod set it, so there is nothing to give here but where weights lie.
#
# The ONNX Runtime in it computes on the processor. For a GPU put a CUDA build of the same version into an image FROM this one and name it in ROUSE_ONNXRUNTIME.

FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN eng/publish --unchecked /out

FROM debian:12.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 rouse \
    && useradd --uid 10001 --gid rouse --home-dir /home/rouse --create-home --shell /usr/sbin/nologin rouse \
    && install -d -o rouse -g rouse /cache
COPY --from=build /out/rouse-worker /out/libonnxruntime.so.1 /opt/rouse/
RUN ["/opt/rouse/rouse-worker", "--help"]
# A network volume that this user may write to: ROUSE_MODEL_CACHE=/runpod-volume/huggingface, in the template or the image.
ENV ROUSE_MODEL_CACHE=/cache \
    DOTNET_EnableDiagnostics=0
USER 10001:10001
WORKDIR /home/rouse
# It listens nowhere, unless ROUSE_HEALTH_PORT says where: it calls its job plane and says there that it lives (RUNPOD_WEBHOOK_PING), so a check has nothing to ask.
HEALTHCHECK NONE
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/rouse/rouse-worker"]
