using Rouse.Contracts.Workers;
using Rouse.Worker.ModelFiles;

namespace Rouse.Worker.Configuration;

internal static class HelpText
{
    public static readonly string Text = $"""
        rouse-worker: takes jobs for one deployment, runs the model, reports its phases. It is told everything by its environment.

        Usage
          rouse-worker                          serve until stopped
          rouse-worker fetch org/name[@rev]     only bring the model into the cache, and print its folder; --engine <word> as ROUSE_ENGINE
          rouse-worker fetch checkpoint <url>   only bring a model file into the model folder, and print its path; also lora and embedding;
                                                --name <file name>, --sha256 <hash>
          rouse-worker --help

        Model
          {WorkerVariables.ModelId,-28} hub repository, org/name[@revision]; one of this and the next is required
          {WorkerVariables.ModelPath,-28} a model folder on this machine, used in place
          {WorkerVariables.ModelCache,-28} root of the weights cache (default ~/.cache/huggingface)
          {ModelFileVariables.HostCache,-28} hub cache that the platform fills, looked at first (default {ModelFileVariables.RunpodHostCache} where that is)
          {WorkerVariables.ObjectCache,-28} 1: ask the control plane for a copy in an object store before the hub
          {WorkerVariables.HubEndpoint,-28} hub (default https://huggingface.co)
          {WorkerVariables.HubToken,-28} hub token, for gated and private repositories

        Model files by URL, as jobs name them
          {ModelFileVariables.Folder,-28} holds checkpoints, loras, embeddings (default {ModelFileVariables.RunpodVolume}/models, else ~/.cache/rouse/models)
          {ModelFileVariables.MaxFile,-28} GiB of the largest file (default {LibrarySettings.DefaultMaxFile})
          {ModelFileVariables.MaxTotal,-28} GiB of all fetched files (default {LibrarySettings.DefaultMaxTotal})
          {ModelFileVariables.MaxAge,-28} days without use until a file is removed (default {LibrarySettings.DefaultMaxAgeDays})
          {ModelFileVariables.KeepPopular,-28} how many of the most used files are kept in spite of that (default {LibrarySettings.DefaultKeepPopular})
          {ModelFileVariables.AllowPickle,-28} 1: also .ckpt, .pt, .pth and .bin, which run code when loaded
          {ModelFileVariables.AllowHosts,-28} hosts that may be reached over http and at private addresses, separated by commas
          {ModelFileVariables.CivitaiKey,-28} key of CivitAI, shown to https://civitai.com only

        Control plane (absent on a plain Runpod endpoint)
          {WorkerVariables.ControlUrl,-28} where phases and logs are reported
          {WorkerVariables.DeploymentId,-28} whose worker this is
          {WorkerVariables.Attempt,-28} which attempt it belongs to
          {WorkerVariables.CallbackSecret,-28} signs its reports (whsec_…)
          {WorkerVariables.LogTunnel,-28} 0: log to stdout only
          {WorkerVariables.SilenceLimit,-28} seconds without any answer before it ends itself (default 900)
          {WorkerVariables.CleanupIdleTimeout,-28} seconds without a job until it asks to be put away (default 0: never)
          {WorkerVariables.CleanupFailureThreshold,-28} jobs failed in a row until its machine counts as broken (default 3)
          {WorkerVariables.SoleWorker,-28} 1: nobody replaces it, so a broken machine is reported as failed

        Job plane (URL templates as Runpod gives them)
          {RunpodVariables.GetJob,-28} required
          {RunpodVariables.PostOutput,-28} required
          {RunpodVariables.PostStream,-28} partial results
          {RunpodVariables.Ping,-28} liveness, with the ids of running jobs
          {RunpodVariables.PingInterval,-28} milliseconds (default 10000)
          {WorkerVariables.AttemptToken,-28} the key of this attempt, for its job plane
          {RunpodVariables.ApiKey,-28} sent as Authorization (default: ROUSE_ATTEMPT_TOKEN)
          {RunpodVariables.PodId,-28} this worker's id (default: random)

        Probes
          {HealthVariables.Port,-28} answers /livez, /readyz and /metrics there, on all addresses (default: listens nowhere)

        What jobs make (docs/outputs.md)
          {OutputVariables.Mode,-28} inline: in the answer where it fits; store: always a URL (default inline)
          {OutputVariables.InlineBytes,-28} bytes of an answer that fit (default 9500000 on Runpod, 33554432 on Rouse)
          {OutputVariables.StoreUrl,-28} a store of the worker's own, https://host/bucket/prefix or https://bucket.host (default: the control plane is asked)
          {OutputVariables.StoreKeyId,-28} its key's id
          {OutputVariables.StoreSecret,-28} its key
          {OutputVariables.StoreRegion,-28} its region (default: by the host's name, else us-east-1)
          {OutputVariables.UrlSeconds,-28} for which a URL into that store is good, seven days at most (default 604800)
          {OutputVariables.Folder,-28} for what no store takes (default rouse-outputs on /runpod-volume, else in the weights cache)
          {OutputVariables.FolderHours,-28} for which it lies there; removed when a later one is written (default 168)
          {OutputVariables.RunpodUrl,-28} the same store by runpod-python's names
          {OutputVariables.RunpodKeyId,-28} its key's id
          {OutputVariables.RunpodSecret,-28} its key

        Tracing and counts of jobs (the standard OTEL_EXPORTER_OTLP_* variables say where to)
          {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",-28} counts of jobs alone (default: as OTEL_EXPORTER_OTLP_ENDPOINT says)
          {WorkerVariables.TraceParent,-28} the trace that its start belongs to

        Engine
          {WorkerVariables.Engine,-28} onnx (default), a1111, diffusers or process

        Engine onnx: text-to-image from ONNX exports of diffusion models
          {WorkerVariables.Threads,-28} threads of one inference (default: all cores)
          {WorkerVariables.OnnxRuntime,-28} path of the ONNX Runtime library

        Engine a1111: a bridge to the Automatic1111 WebUI on this machine
          {A1111Variables.Url,-28} its API (default http://127.0.0.1:3000/sdapi/v1); on this machine, unless the next says otherwise
          {A1111Variables.AllowRemote,-28} 1: it may be on another machine
          {A1111Variables.Credentials,-28} user:password, where it was started with --api-auth
          {A1111Variables.Command,-28} starts it, words or a JSON array; {"{models}"} becomes the folder of model files, {"{port}"} the API's port, without a URL a free one (default: somebody else does, and it is only watched)
          {A1111Variables.Folder,-28} where the command is run
          {A1111Variables.Timeout,-28} seconds for a job, over all it takes (default 600)
          {A1111Variables.StartTimeout,-28} seconds for it to answer for the first time (default 600)
          {A1111Variables.WarmUp,-28} 1: the smallest picture before the first job, also without a model of the worker's own (default 0)

        Engine diffusers: safetensors repositories by diffusers and transformers, in a Python process of the worker's own
          {DiffusersVariables.Task,-28} {string.Join(", ", Engines.Diffusers.TaskWords.All)} (default: the first)
          {DiffusersVariables.Python,-28} the Python that has torch, diffusers and transformers (default python3)
          {DiffusersVariables.Dtype,-28} auto (default), float16, bfloat16 or float32
          {DiffusersVariables.Offload,-28} what waits in main memory until its turn: auto (default), none, model or sequential
          {DiffusersVariables.SafetyChecker,-28} 0: a repository's safety checker is neither fetched nor run

        Files that inputs of the engine diffusers name by URL (image_url, audio_url)
          {InputVariables.Urls,-28} 0: none is fetched (default 1: over https from the public internet)
          {InputVariables.AllowHosts,-28} hosts that may be reached over http and at private addresses, separated by commas

        Engine process: any HTTP server for models (docs/engines/process.md)
          {ProcessVariables.Command,-28} starts it: words with quotes, or a JSON array; {"{port}"}, {"{model}"}, {"{model_id}"} are replaced
          {ProcessVariables.Url,-28} instead: where a server is that somebody else runs
          {ProcessVariables.Environment,-28} a JSON object of variables for it
          {ProcessVariables.Passed,-28} names of the worker's variables that it may see, such as HF_TOKEN
          {ProcessVariables.Folder,-28} where it is started
          {ProcessVariables.Port,-28} its port (default: a free one, told as PORT and {"{port}"})
          {ProcessVariables.HealthPath,-28} answers 2xx when it is up (default /health)
          {ProcessVariables.StartTimeout,-28} seconds until it must be up (default 900)
          {ProcessVariables.HangTimeout,-28} seconds without an answer there until it is started again (default 300, 0: never)
          {ProcessVariables.Concurrency,-28} jobs at the same time, 1 to 1024 (default 1)
          {ProcessVariables.Path,-28} where an input goes that names no path; it is the body
          {ProcessVariables.Method,-28} with this method (default POST)
          {ProcessVariables.Timeout,-28} seconds for a job (default 600)
          {ProcessVariables.Key,-28} sent to it as Authorization: Bearer
          {ProcessVariables.Aggregate,-28} 0: the output of a streamed job does not repeat its parts (default 1)
          {ProcessVariables.Poll,-28} how a result is fetched from a server that only takes work in
          {ProcessVariables.AllowCode,-28} 1: fetch pickles and code of {"{model}"} too, which run when loaded (default 0)

        Exit codes
          0  asked to stop, given up by the control plane, or the control plane stayed silent
          1  this machine is broken: the engine failed several jobs in a row
          2  bad configuration
          3  fatal start-up fault, reported as failed: starting again would fail again
        """;
}
