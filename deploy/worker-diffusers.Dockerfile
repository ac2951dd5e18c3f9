# The worker with torch, diffusers and transformers, for the engine `diffusers`: docker build -f deploy/worker-diffusers.Dockerfile -t registry/rouse-worker-diffusers:0.1.0 .
# Some 9 GB, most of it CUDA's libraries; the machine needs an NVIDIA driver for CUDA 12.8. docs/engines/diffusers.md says what it serves.

FROM mcr.microsoft.com/dotnet/sdk:10.0.401-noble AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends nodejs npm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN eng/publish --unchecked /out

FROM pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime
# ffmpeg decodes recordings for transformers; setsid (util-linux) lets the runner end with the worker.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates ffmpeg libssl3 libstdc++6 util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 rouse \
    && useradd --uid 10001 --gid rouse --home-dir /home/rouse --create-home --shell /usr/sbin/nologin rouse \
    && install -d -o rouse -g rouse /cache
# One set of versions that fit together and torch; sentencepiece, protobuf and ftfy are tokenizers' needs, imageio makes films.
RUN python3 -m pip install --no-cache-dir \
    accelerate==1.11.0 \
    diffusers==0.35.2 \
    ftfy==6.3.1 \
    huggingface-hub==0.36.0 \
    imageio==2.37.0 \
    imageio-ffmpeg==0.6.0 \
    protobuf==5.29.5 \
    safetensors==0.6.2 \
    sentencepiece==0.2.1 \
    transformers==4.57.1 \
    && python3 -c "import diffusers, torch, transformers; assert torch.__version__.startswith('2.8.0'), torch.__version__"
COPY --from=build /out/rouse-worker /out/libonnxruntime.so.1 /opt/rouse/
RUN ["/opt/rouse/rouse-worker", "--help"]
# A network volume that this user may write to: ROUSE_MODEL_CACHE=/runpod-volume/huggingface, in the template or the image.
ENV ROUSE_ENGINE=diffusers \
    ROUSE_MODEL_CACHE=/cache \
    DOTNET_EnableDiagnostics=0
USER 10001:10001
WORKDIR /home/rouse
# It listens nowhere, unless ROUSE_HEALTH_PORT says where: it calls its job plane and says there that it lives (RUNPOD_WEBHOOK_PING), so a check has nothing to ask.
HEALTHCHECK NONE
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/rouse/rouse-worker"]
