using System.Collections.ObjectModel;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Runpod;
using Rouse.Server.Background;
using Rouse.Server.Caching;
using Rouse.Server.Firestore;
using Rouse.Server.Http;
using Rouse.Server.Outputs;

namespace Rouse.Server;

/// <summary>How a server is started. Everything has a default that works on one machine.</summary>
public sealed record RouseHostOptions
{
    public const string PublicHub = "https://huggingface.co";

    /// <summary>Holds the database, keys, weights and the state of local workers. Created with mode 0700.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Address to listen on. Anything but loopback needs <see cref="ApiKeys"/>.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>
    /// A second port, for proxies that speak HTTP/2 without TLS and say so from the first byte (<c>ROUSE_HTTP2_PORT</c>, h2c with prior knowledge). 0 takes a free one;
    /// null for none: without TLS one port cannot speak both.
    /// </summary>
    public int? Http2Port { get; init; }

    /// <summary>A PostgreSQL connection string; null for SQLite in the data folder.</summary>
    public string? Database { get; init; }

    /// <summary><c>tenant=key</c>, or <c>key</c> for the operator, separated by commas, keys of at least 16 characters; null for development mode on loopback.</summary>
    public string? ApiKeys { get; init; }

    /// <summary>
    /// Where callers' URLs may lead besides the public internet: networks, addresses and host names, separated by commas (<c>ROUSE_EGRESS_ALLOW</c>).
    /// </summary>
    public string? EgressAllow { get; init; }

    /// <summary>Checks with a provider of keys that nobody knows yet, for each client address in any minute (<c>ROUSE_KEY_CHECKS_PER_MINUTE</c>).</summary>
    public int KeyChecksPerMinute { get; init; } = 10;

    /// <summary>One more key of the operator's, of at least 16 characters (<c>ROUSE_ADMIN_KEY</c>).</summary>
    public string? AdminKey { get; init; }

    /// <summary>Seals the keys that seal what tenants entrust (<c>ROUSE_MASTER_KEY</c>): base64 of 32 bytes, the same on all replicas. Null takes
    /// <see cref="MasterKeyFile"/>, or a file in the data folder, made if absent.</summary>
    public Secret? MasterKey { get; init; }

    /// <summary>A file that holds it (<c>ROUSE_MASTER_KEY_FILE</c>).</summary>
    public string? MasterKeyFile { get; init; }

    /// <summary>The master key before this one, while it is being changed (<c>ROUSE_MASTER_KEY_OLD</c>).</summary>
    public Secret? OldMasterKey { get; init; }

    /// <summary>
    /// Requests of one tenant in a minute, besides <c>/v2</c> (<c>RATE_LIMIT_REQUESTS_PER_MINUTE</c>); an address may send twice as many. 0 for no bound;
    /// null for 100, and for none in development mode.
    /// </summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The same of <c>/v2</c> (<c>RATE_LIMIT_JOB_REQUESTS_PER_MINUTE</c>); null for 30,000, and for none in development mode.</summary>
    public int? JobRequestsPerMinute { get; init; }

    /// <summary>
    /// Proxies that are believed about where a request came from: addresses and networks, one for each on the way, separated by commas
    /// (<c>ROUSE_TRUSTED_PROXIES</c>). Null believes nobody.
    /// </summary>
    public string? TrustedProxies { get; init; }

    /// <summary>Base URL of the model hub (<c>HF_ENDPOINT</c>).</summary>
    public string HubEndpoint { get; init; } = PublicHub;

    /// <summary>Where callers reach this server, when that is not where it listens; null takes the latter.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The path under which a proxy serves this server, such as <c>/deployapi</c>; null takes the path of <see cref="PublicUrl"/>.</summary>
    public string? RootPath { get; init; }

    /// <summary>From a stop's beginning, when <c>/readiness</c> fails, until no more requests are taken; null for 0 on loopback and 5 s elsewhere.</summary>
    public TimeSpan? DrainDelay { get; init; }

    /// <summary>From then until what is still under way is cut off; null for 20 s.</summary>
    public TimeSpan? ShutdownTimeout { get; init; }

    /// <summary>The worker's assembly or executable; null looks for <c>worker/Rouse.Worker.dll</c> beside this program.</summary>
    public string? Worker { get; init; }

    /// <summary>Whether <c>model_path</c> is allowed; null allows it exactly when listening on loopback.</summary>
    public bool? AllowFolders { get; init; }

    /// <summary>Engines that workers on this machine may run (<c>ROUSE_ENGINES</c>). What an engine needs is the operator's to install.</summary>
    public IReadOnlyList<WorkerEngine> Engines { get; init; } = [WorkerEngine.Onnx];

    /// <summary>Further variables of all workers here and on this server's own accounts (<c>ROUSE_WORKER_ENV</c>). Never one that this server sets itself.</summary>
    public IReadOnlyDictionary<string, Secret> WorkerVariables { get; init; } = ReadOnlyDictionary<string, Secret>.Empty;

    /// <summary>How Runpod is reached and what runs there; null offers no Runpod.</summary>
    public RunpodHostOptions? Runpod { get; init; }

    /// <summary>The provider of a deployment that names none; null takes <c>runpod</c> where this server has a key for it, else <c>local</c>.</summary>
    public string? DefaultProvider { get; init; }

    /// <summary>What is kept warm without being asked.</summary>
    public WarmPoolHostOptions WarmPools { get; init; } = new();

    /// <summary>The store for <c>cache_scope</c> shared; null offers none.</summary>
    public CacheHostOptions? SharedCache { get; init; }

    /// <summary>Where deployments and logs are mirrored to; null mirrors nothing.</summary>
    public FirestoreHostOptions? Firestore { get; init; }

    /// <summary>Where spans go by OTLP over HTTP, in place of what the standard <c>OTEL_EXPORTER_OTLP_*</c> variables say.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>How workers are listened to and watched.</summary>
    public WorkerOversight Oversight { get; init; } = new();

    /// <summary>For the cache's part in costs (<c>ROUSE_CACHE_PRICES</c>).</summary>
    public CachePrices CachePrices { get; init; } = new();

    /// <summary>
    /// The folder of queued requests' bodies and of their answers (<c>ROUSE_SPOOL</c>). Null takes <c>spool</c> in the data folder with SQLite; with PostgreSQL none,
    /// because all servers of a database must share it.
    /// </summary>
    public string? Spool { get; init; }

    /// <summary>Bytes of all that is in it (<c>ROUSE_SPOOL_MAX_GB</c>); one tenant may have half of it.</summary>
    public long SpoolMaxBytes { get; init; } = 50L << 30;

    /// <summary>Where what jobs make is kept.</summary>
    public OutputHostOptions Outputs { get; init; } = new();

    /// <summary>Logs warnings only.</summary>
    public bool Quiet { get; init; }

    /// <summary>Ends on Ctrl-C and SIGTERM by itself; a host inside another program leaves that to the program.</summary>
    public bool HandleSignals { get; init; } = true;

    /// <summary>Whether local workers end with the server. False leaves them running for the next start to adopt.</summary>
    public bool StopWorkersOnExit { get; init; } = true;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For tests that end the server at a certain call: puts something between it and its store and providers.</summary>
    internal Func<ReconcilePorts, ReconcilePorts>? Rewire { get; init; }

    /// <summary>The same for the way to a provider's own queue.</summary>
    internal Func<IJobRelay, IJobRelay>? RewireRelay { get; init; }

    /// <summary>The same for the way of a request.</summary>
    internal Action<IApplicationBuilder>? Wrap { get; init; }

    /// <summary>For tests: from a host's name to its addresses.</summary>
    internal Func<string, CancellationToken, Task<IPAddress[]>>? Resolve { get; init; }

    /// <summary>For tests: other bounds of asking backends whether they are ready.</summary>
    internal Rouse.Gateway.Readiness.ProbeBounds? Probes { get; init; }

    /// <summary>For tests: other bounds of connections.</summary>
    internal EdgeLimits? Edge { get; init; }

    /// <summary>Where it runs, and nothing that is secret: options are printed by mistake sooner or later.</summary>
    public override string ToString() => $"Rouse on {Host}:{Port}, data in {DataFolder}, {(Database is null ? "SQLite" : "PostgreSQL")}";

    /// <summary>For tests: hears the logs too.</summary>
    internal Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>For tests: other bounds than reconciling needs with a provider far away.</summary>
    internal Func<ReconcileLimits, ReconcileLimits>? Limits { get; init; }

    /// <summary>For tests: other bounds of caches.</summary>
    internal CacheLimits? CacheBounds { get; init; }

    /// <summary>For tests: other bounds of what jobs make.</summary>
    internal OutputLimits? OutputBounds { get; init; }

    /// <summary>For tests: other bounds of jobs.</summary>
    internal JobLimits? JobBounds { get; init; }

    /// <summary>For tests: other bounds of their relay.</summary>
    internal JobRelayLimits? RelayBounds { get; init; }
}

/// <summary>Runpod as this server uses it.</summary>
public sealed record RunpodHostOptions
{
    /// <summary>The server's own key (<c>RUNPOD_API_KEY</c>); null when every caller brings one.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Whether a Runpod key that Runpod accepts is a credential here: its owner deploys on its own account (<c>ROUSE_RUNPOD_LOGIN</c>=on|off).</summary>
    public bool Login { get; init; } = true;

    /// <summary>The worker's container image (<c>ROUSE_RUNPOD_IMAGE</c>). This or <see cref="TemplateId"/> is needed.</summary>
    public string? Image { get; init; }

    /// <summary>A serverless template of the account to base endpoints on (<c>RUNPOD_TEMPLATE_ID</c>).</summary>
    public string? TemplateId { get; init; }

    /// <summary>The weights that the image's worker loads (<c>ROUSE_RUNPOD_WEIGHTS</c>): models without them are refused before a GPU is bought.</summary>
    public WorkerWeights Weights { get; init; } = WorkerWeights.Onnx;

    /// <summary>Engines that the image's worker may run (<c>ROUSE_RUNPOD_ENGINES</c>); null for the one of <see cref="Weights"/>.</summary>
    public IReadOnlyList<WorkerEngine>? Engines { get; init; }

    /// <summary>Images of engines that have one of their own (<c>ROUSE_RUNPOD_IMAGE_DIFFUSERS</c> and its like). They are offered too.</summary>
    public IReadOnlyDictionary<WorkerEngine, string> EngineImages { get; init; } = ReadOnlyDictionary<WorkerEngine, string>.Empty;

    /// <summary>
    /// Further variables of workers there (<c>ROUSE_RUNPOD_WORKER_ENV</c>), before those of <see cref="RouseHostOptions.WorkerVariables"/>. On callers' accounts too,
    /// where their owners can read them.
    /// </summary>
    public IReadOnlyDictionary<string, Secret> WorkerVariables { get; init; } = ReadOnlyDictionary<string, Secret>.Empty;

    /// <summary>What the one image for all, or the template, has.</summary>
    internal IReadOnlyList<WorkerEngine> ImageEngines =>
        Image is null && TemplateId is null ? [] : Engines ?? [Weights == WorkerWeights.Safetensors ? WorkerEngine.Diffusers : WorkerEngine.Onnx];

    /// <summary>Everything that some worker there runs.</summary>
    internal IReadOnlyList<WorkerEngine> AllEngines => [.. ImageEngines.Union(EngineImages.Keys).Order()];

    /// <summary>The management API.</summary>
    public Uri ApiUrl { get; init; } = new("https://api.runpod.io");

    /// <summary>The job API.</summary>
    public Uri JobsUrl { get; init; } = new("https://api.runpod.ai/v2");

    /// <summary>Where a pod's port is served, with <c>{pod}</c> and <c>{port}</c> in it (<c>ROUSE_RUNPOD_POD_URL</c>).</summary>
    public string PodUrl { get; init; } = PodAddress.Default;

    /// <summary>Where an endpoint that speaks HTTP itself is served, with <c>{id}</c> in it (<c>ROUSE_RUNPOD_LB_URL</c>).</summary>
    public string BalancerUrl { get; init; } = BalancerAddress.Default;

    /// <summary>The workers are processes of this machine, as a fake Runpod's are: they reach this server where it listens.</summary>
    public bool WorkersRunHere { get; init; }

    /// <inheritdoc cref="RouseHostOptions.ToString"/>
    public override string ToString() => $"Runpod at {ApiUrl}, {(ApiKey is null ? "keys of callers" : "a key of its own")}";

    /// <summary>For tests: other bounds than a provider far away needs.</summary>
    internal Func<RunpodOptions, RunpodOptions>? Tune { get; init; }

    /// <summary>For tests: what sends the requests.</summary>
    internal Func<HttpMessageHandler>? Handler { get; init; }
}

/// <summary>Pools of deployments, on the server's own account, whose request says nothing of one.</summary>
public sealed record WarmPoolHostOptions
{
    /// <summary>Models of which a worker is always kept, separated by commas (<c>WARM_POOL_ALWAYS_ON_MODELS</c>).</summary>
    public string? AlwaysOnModels { get; init; }

    /// <summary>Models of which a worker is kept within the hours (<c>WARM_POOL_SCHEDULED_MODELS</c>).</summary>
    public string? ScheduledModels { get; init; }

    /// <summary>Both ends (<c>WARM_POOL_SCHEDULE_HOURS</c>).</summary>
    public string Hours { get; init; } = "09-21";

    /// <summary>IANA name (<c>WARM_POOL_SCHEDULE_TIMEZONE</c>).</summary>
    public string TimeZone { get; init; } = "UTC";
}

public enum WorkerWeights
{
    /// <summary>Diffusion models as Optimum exports them: what Rouse's own worker serves.</summary>
    Onnx,

    /// <summary>Diffusers repositories.</summary>
    Safetensors,
}
