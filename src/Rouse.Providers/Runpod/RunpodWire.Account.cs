namespace Rouse.Providers.Runpod;

internal sealed record VolumeListReply(IReadOnlyList<VolumeReply>? NetworkVolumes);

internal sealed record VolumeReply(string? Id, int Size, string? DataCenter);

internal sealed record BillReply(IReadOnlyList<BillRecord>? Records);

/// <summary>One hour of one resource: the id of the kind that was asked for is set.</summary>
internal sealed record BillRecord
{
    public DateTimeOffset? StartTime { get; init; }

    public decimal TotalAmount { get; init; }

    public string? ServerlessId { get; init; }

    public string? PodId { get; init; }

    public string? NetworkVolumeId { get; init; }
}

internal sealed record GraphQlBody(string Query);

internal sealed record GraphQlReply(GraphQlData? Data);

internal sealed record GraphQlData(GraphQlMyself? Myself);

internal sealed record GraphQlMyself(decimal? ClientBalance, decimal? CurrentSpendPerHr, string? Id = null);
