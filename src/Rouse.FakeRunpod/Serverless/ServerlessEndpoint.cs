using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Jobs;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

internal sealed class ServerlessEndpoint : Resource
{
    /// <summary>Seconds; what the REST document gives as default where a scaler has none of its own.</summary>
    private const int DefaultIdleTimeout = 10;

    public ServerlessEndpoint(RunpodWorld world, string id, Account account, JsonObject body)
        : base(id, account, body, world.Now)
    {
        Queue = new JobQueue(world, this);
        LastActive = world.Now;
        Releases.Add(new Release("rel_" + world.Ids.Next(), Version, world.Now, []));
    }

    public JobQueue Queue { get; }

    public List<Worker> Workers { get; } = [];

    public List<Release> Releases { get; } = [];

    public int Version { get; set; } = 1;

    /// <summary>The last job that came, or the last edit.</summary>
    public DateTimeOffset LastActive { get; set; }

    /// <summary>When the queue-delay scaler last added a worker.</summary>
    public DateTimeOffset LastAdded { get; set; }

    public string Image => (string)Body["image"]!;

    public int Min
    {
        get => Body["workers"].WholeAt("min")!.Value;
        set => Body["workers"]!["min"] = value;
    }

    public int Max
    {
        get => Body["workers"].WholeAt("max")!.Value;
        set => Body["workers"]!["max"] = value;
    }

    public TimeSpan IdleTimeout => TimeSpan.FromSeconds(Body["workers"].WholeAt("idleTimeout") ?? DefaultIdleTimeout);

    public IReadOnlyList<string> Pools => Body["gpu"].TextsAt("pools");

    public IReadOnlyList<string> ExcludedTypes => [.. Body["gpu"].TextsAt("excludedTypes").Select(static type => type.Trim())];

    public IReadOnlyList<string> DataCenterIds => Body.TextsAt("dataCenterIds");

    public int GpuCount => Body["gpu"].WholeAt("count") ?? 0;

    /// <summary>Held or under way at a load balancer's.</summary>
    public int Requests { get; set; }

    /// <summary>What the scaler counts.</summary>
    public int Open => Queue.Open + Requests;

    public bool IsQueue => Body.TextAt("type") == "QUEUE";

    /// <summary>Null where the requests are counted instead.</summary>
    public TimeSpan? QueueDelay => Body["scaling"]!["queueDelay"].AsNumber() is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public int RequestCount => Body["scaling"].WholeAt("requestCount") ?? 1;

    /// <summary>For one job, unless its policy says otherwise.</summary>
    public TimeSpan? Timeout => Body.WholeAt("timeout") is > 0 and { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
