namespace Rouse.Contracts.Catalog;

/// <summary>Answer of <c>GET /v1/gpus</c>.</summary>
/// <param name="Gpus">The cheapest first.</param>
/// <param name="Providers">Who was asked. One that could not answer says why; the others' offers are complete.</param>
public sealed record GpuList(IReadOnlyList<GpuOffer> Gpus, IReadOnlyList<AskedProvider> Providers);

/// <summary>A GPU that can be taken, at its price now.</summary>
public record GpuOffer
{
    public required string Provider { get; init; }

    /// <summary>The provider's word for it: a pool of GPUs, a type, or <c>cpu</c>.</summary>
    public required string Hardware { get; init; }

    /// <summary>The pool that <c>gpu_tier</c> may name; null where there are none.</summary>
    public string? Pool { get; init; }

    /// <summary>The GPUs a worker may get.</summary>
    public string? Gpus { get; init; }

    /// <summary>Of the smallest of them, GB.</summary>
    public required int VramGb { get; init; }

    /// <summary>US dollars per worker and hour; 0 on this machine.</summary>
    public required decimal PricePerHourUsd { get; init; }

    /// <summary><c>none</c>, <c>low</c>, <c>medium</c> or <c>high</c>.</summary>
    public required string Stock { get; init; }

    /// <summary>The place it was asked for; null for anywhere.</summary>
    public string? Region { get; init; }
}

/// <param name="Status"><c>ok</c>, <c>failed</c>, or <c>no_account</c>: there is no key to ask with.</param>
/// <param name="Error">Why it did not answer; null when it did.</param>
public sealed record AskedProvider(string Provider, string Status, string? Error = null);
