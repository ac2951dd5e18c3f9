using System.Globalization;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Store.Costs;

/// <summary>A row of <c>capacity_spans</c>, and the way to and from <see cref="CapacitySpan"/>.</summary>
internal sealed record CapacityRow
{
    public long Id { get; init; }

    public string Tenant { get; init; } = "";

    public string Deployment { get; init; } = "";

    public long Attempt { get; init; }

    public string Backend { get; init; } = "";

    public long Starting { get; init; }

    public long Ready { get; init; }

    public string? PricePerSecond { get; init; }

    public string StoragePerHour { get; init; } = "";

    public long FromAt { get; init; }

    public long SeenAt { get; init; }

    public long GuessedMs { get; init; }

    public long UnobservedMs { get; init; }

    public long IsOpen { get; init; }

    public static CapacityRow From(TenantId tenant, CapacitySpan span) => new()
    {
        Id = span.Id,
        Tenant = tenant.Value,
        Deployment = span.Deployment.Value,
        Attempt = span.Attempt,
        Backend = span.Backend.Value,
        Starting = span.Figures.Starting,
        Ready = span.Figures.Ready,
        PricePerSecond = span.Figures.PricePerSecond?.ToString(CultureInfo.InvariantCulture),
        StoragePerHour = span.Figures.StoragePerHour.ToString(CultureInfo.InvariantCulture),
        FromAt = span.From.ToUnixTimeMilliseconds(),
        SeenAt = span.SeenAt.ToUnixTimeMilliseconds(),
        GuessedMs = (long)span.Guessed.TotalMilliseconds,
        UnobservedMs = (long)span.Unobserved.TotalMilliseconds,
        IsOpen = span.IsOpen ? 1 : 0,
    };

    public CapacitySpan ToSpan() => new()
    {
        Id = Id,
        Deployment = DeploymentId.Parse(Deployment),
        Attempt = (int)Attempt,
        Backend = new BackendId(Backend),
        Figures = new CapacityFigures((int)Starting, (int)Ready, PricePerSecond is { } price ? Decimal(price) : null, Decimal(StoragePerHour)),
        From = UnixTime.From(FromAt),
        SeenAt = UnixTime.From(SeenAt),
        Guessed = TimeSpan.FromMilliseconds(GuessedMs),
        Unobserved = TimeSpan.FromMilliseconds(UnobservedMs),
        IsOpen = IsOpen != 0,
    };

    private static decimal Decimal(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
}
