namespace Rouse.Providers.Runpod;

internal sealed record GpuListReply(IReadOnlyList<GpuReply>? Gpus);

/// <summary>A GPU type. Prices are in US dollars per GPU and hour.</summary>
internal sealed record GpuReply
{
    public string? Id { get; init; }

    public string? Name { get; init; }

    public string? Pool { get; init; }

    /// <summary>GB.</summary>
    public int Memory { get; init; }

    public bool Secure { get; init; }

    public GpuPrice? Price { get; init; }

    /// <summary>NONE, LOW, MEDIUM or HIGH; there only when asked for.</summary>
    public string? Availability { get; init; }

    public IReadOnlyList<PlaceReply>? DataCenters { get; init; }
}

internal sealed record GpuPrice(decimal? Secure, decimal? Community, decimal? Serverless);

internal sealed record PlaceReply(string? Id, string? Availability);
