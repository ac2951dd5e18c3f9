namespace Rouse.Cli.Commands.Local;

/// <param name="Default">What holds when it is not set; empty where nothing does.</param>
/// <param name="Meaning">One line, for the help page and for <c>.env.example</c>.</param>
internal sealed record ServerVariable(string Name, string Default, string Meaning);

/// <summary>
/// Every variable the server's program reads: one list for <c>serve --help</c> and <c>.env.example</c>. A test finds the names in the code and holds all three against each
/// other.
/// </summary>
internal static class ServerVariables
{
    public static IReadOnlyList<ServerVariable> All { get; } =
    [
        new("ROUSE_HOST", "127.0.0.1", "address to listen on (--host); 0.0.0.0 for all, and then callers need keys"),
        new("ROUSE_PORT", "8080", "port to listen on (--port)"),
        new("ROUSE_HTTP2_PORT", "", "a second port, for proxies that speak HTTP/2 without TLS (h2c)"),
        new("ROUSE_DATA", "data", "folder for state, keys, logs and models (--data)"),
        new("ROUSE_DATABASE", "", "a PostgreSQL connection string (--database); without it SQLite in the data folder"),
        new("ROUSE_SPOOL", "spool in the data folder; with PostgreSQL none", "folder of queued requests and their answers; servers of one database share it"),
        new("ROUSE_SPOOL_MAX_GB", "50", "how much of them is kept, 1 to 1000000, of one tenant half of it; what comes then is refused"),
        new("ROUSE_OUTPUTS", "outputs in the data folder; with PostgreSQL none", "folder of what jobs make that does not fit into their answers; servers of one database share it"),
        new("ROUSE_OUTPUTS_BY_URL", "off", "on puts all that jobs make there, and URLs into their answers"),
        new("ROUSE_OUTPUTS_S3_URL", "", "s3://bucket/prefix of an object store to use in place of the folder"),
        new("ROUSE_OUTPUTS_S3_ACCESS_KEY_ID", "", "the key of that store; no worker gets it"),
        new("ROUSE_OUTPUTS_S3_SECRET_ACCESS_KEY", "", "its secret"),
        new("ROUSE_OUTPUTS_S3_ENDPOINT_URL", "", "its address, which workers and callers reach too; without it Amazon's"),
        new("ROUSE_OUTPUTS_S3_REGION", "us-east-1", "its region"),
        new("ROUSE_OUTPUTS_KEEP_HOURS", "168", "how long it is kept, 26 to 8784"),
        new("ROUSE_OUTPUTS_MAX_GB", "50", "how much is kept, 1 to 1000000, of one tenant half of it; what comes then stays with its worker"),
        new("ROUSE_PUBLIC_URL", "", "where callers, and workers at a provider, reach this server (--public-url)"),
        new("ROUSE_ROOT_PATH", "", "the path under which a proxy serves it, such as /deployapi (--root-path)"),
        new("ROUSE_ADMIN_KEY", "", "the operator's key, of 16 or more characters"),
        new("ROUSE_API_KEYS", "", "who may call: tenant=key, separated by commas, keys of 16 or more characters; none: this machine only"),
        new("ROUSE_MASTER_KEY", "", "seals the keys that seal what tenants entrust: base64 of 32 bytes (`rouse secrets new-key`), the same on all replicas"),
        new("ROUSE_MASTER_KEY_FILE", "keys/master.key in the data folder, made if absent", "a file that holds it"),
        new("ROUSE_MASTER_KEY_OLD", "", "the master key before, until `rouse secrets rotate` has ended"),
        new("ROUSE_SECRET_MANAGER_URL", "https://secretmanager.googleapis.com", "where sm:// values are read"),
        new("ROUSE_KEY_CHECKS_PER_MINUTE", "10", "how often a client address may try keys that are new here, 1 to 600"),
        new("ROUSE_EGRESS_ALLOW", "", "networks, addresses and host names, separated by commas, that callers' webhooks and stores may be at besides the public internet"),
        new("ROUSE_TRUSTED_PROXIES", "", "addresses and networks of the proxies whose X-Forwarded-For is believed, one for each on the way; none: nobody is"),
        new("RATE_LIMIT_REQUESTS_PER_MINUTE", "100, without keys 0", "requests of one tenant in a minute, 1 to 1000; an address may send twice as many; 0 for no bound"),
        new("RATE_LIMIT_JOB_REQUESTS_PER_MINUTE", "30000, without keys 0", "the same for /v2, where models are used, 1 to 1000000"),
        new("ROUSE_DRAIN_DELAY_SECONDS", "0 on loopback, else 5", "from SIGTERM, when /readiness fails, until no more requests are taken"),
        new("ROUSE_SHUTDOWN_TIMEOUT_SECONDS", "20", "from then until what is still under way is cut off"),
        new("ROUSE_LOG_LEVEL", "information", "trace, debug, information, warning or error"),
        new("ROUSE_LOG_FORMAT", "text", "json for one object a line"),
        new("ROUSE_WORKER", "", "the worker's program; without it the one that came with this program"),
        new("ROUSE_ENGINES", "onnx", "what workers on this machine may run, separated by commas: onnx, diffusers, a1111, process; what these need is yours to install"),
        new("ROUSE_WORKER_ENV", "", "further variables of workers here and on the server's own accounts, such as an engine's command: a JSON object of texts, or file:///path of one; none that Rouse sets itself"),
        new("ROUSE_ONNXRUNTIME", "", "the ONNX Runtime library that local workers load; without it the one beside the worker"),
        new("HF_ENDPOINT", "https://huggingface.co", "the model hub"),
        new("WARM_POOL_ALWAYS_ON_MODELS", "", "models of which a worker is always kept, separated by commas, where a deployment does not say otherwise"),
        new("WARM_POOL_SCHEDULED_MODELS", "", "models of which a worker is kept in the hours below"),
        new("WARM_POOL_SCHEDULE_HOURS", "09-21", "those hours, both ends"),
        new("WARM_POOL_SCHEDULE_TIMEZONE", "UTC", "their time zone"),
        new("LOG_STREAM_MAX_ENTRIES", "500", "newest log lines kept of a deployment, 10 to 5000"),
        new("LOG_STREAM_TTL_SECONDS", "3600", "how long a line is kept, 60 to 86400; of a deployment that has ended what was left stays"),
        new("CLEANUP_IDLE_TIMEOUT_SECONDS", "900", "idle seconds after which a worker that nothing else scales down is put away, 60 to 7200"),
        new("CLEANUP_FAILURE_THRESHOLD", "3", "jobs failed in a row after which a worker's machine counts as broken, 1 to 10"),
        new("S3_MODEL_URL", "", "s3://bucket/prefix of the shared cache, which only this server writes; without it there is none"),
        new("AWS_ACCESS_KEY_ID", "", "the key of that store; no worker gets it"),
        new("AWS_SECRET_ACCESS_KEY", "", "its secret"),
        new("AWS_ENDPOINT_URL", "", "its address; without it Amazon's"),
        new("AWS_REGION", "us-east-1", "its region; AWS_DEFAULT_REGION is read too"),
        new("AWS_DEFAULT_REGION", "", "the same, where AWS_REGION is not set"),
        new("SHARED_CACHE_ENABLED", "true", "false: no shared cache, whatever else is set"),
        new("SHARED_CACHE_ALLOWED_MODELS", "", "models that may lie in it, spelled exactly, separated by commas; none allows none"),
        new("ROUSE_CACHE_PRICES", "storage=0.023,writes=0.005,reads=0.0004,egress=0.09", "US dollars per GB-month, 1000 writes, 1000 reads and GB out, for the cache's part of a cost"),
        new("OTEL_EXPORTER_OTLP_ENDPOINT", "", "where spans of the server and of workers on this machine are sent by OTLP; the other standard OTEL_* variables hold too"),
        new("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", "the same, the whole URL for spans"),
        new("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "grpc or http/protobuf"),
        new("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "", "the same for spans alone"),
        new("ROUSE_FIRESTORE_MIRROR", "off", "on copies deployments and their logs into Firestore"),
        new("GCP_PROJECT_ID", "", "the Google Cloud project of that copy, and of sm:// values that name none"),
        new("FIRESTORE_COLLECTION_DEPLOYMENTS", "deployments", "its collection of deployments"),
        new("FIRESTORE_COLLECTION_LOGS", "deployment_logs", "its collection of log lines"),
        new("FIRESTORE_EMULATOR_HOST", "", "host:port of an emulator to copy to instead"),
        new("GCE_METADATA_HOST", "metadata.google.internal", "host:port of the metadata server that has the service account's token"),
        new("RUNPOD_API_KEY", "", "the server's own Runpod account; without it every caller brings a key"),
        new("ROUSE_RUNPOD_IMAGE", "", "the worker's image that runs there; this or RUNPOD_TEMPLATE_ID is needed"),
        new("RUNPOD_TEMPLATE_ID", "", "a serverless template of the account to base endpoints on"),
        new("ROUSE_RUNPOD_LOGIN", "on", "off lets nobody in by a Runpod key alone"),
        new("ROUSE_RUNPOD_WEIGHTS", "onnx", "what that worker loads: onnx or safetensors (the engine diffusers)"),
        new("ROUSE_RUNPOD_ENGINES", "that of ROUSE_RUNPOD_WEIGHTS", "what that worker may run, in place of ROUSE_RUNPOD_WEIGHTS: as ROUSE_ENGINES"),
        new("ROUSE_RUNPOD_IMAGE_ONNX", "", "an image for the engine onnx, which goes before the one for all"),
        new("ROUSE_RUNPOD_IMAGE_DIFFUSERS", "", "the same for diffusers; what has an image is offered"),
        new("ROUSE_RUNPOD_IMAGE_A1111", "", "the same for a1111"),
        new("ROUSE_RUNPOD_IMAGE_PROCESS", "", "the same for process"),
        new("ROUSE_RUNPOD_WORKER_ENV", "", "as ROUSE_WORKER_ENV, for workers there alone; it goes before that, and to callers' own accounts too, whose owners can read it"),
        new("RUNPOD_API_URL", "https://api.runpod.io", "Runpod's management API"),
        new("RUNPOD_JOBS_URL", "https://api.runpod.ai/v2", "Runpod's job API"),
        new("ROUSE_RUNPOD_POD_URL", "https://{pod}-{port}.proxy.runpod.net", "where a pod's port is served over HTTP, with {pod} and {port} in it"),
        new("ROUSE_RUNPOD_LB_URL", "https://{id}.api.runpod.ai", "where an endpoint that speaks HTTP itself is served, with {id} in it"),
    ];

    /// <summary>For the help page.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Help { get; } =
        [.. All.Select(one => (one.Name, one.Default.Length > 0 ? $"{one.Meaning}. Default: {one.Default}." : $"{one.Meaning}."))];
}
