using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;

namespace Rouse.Server.Features.Deployments;

/// <summary>
/// What the operator keeps warm without being asked, on the server's own account (<c>WARM_POOL_*</c>): the deployments of these models that say nothing of
/// a pool themselves.
/// </summary>
/// <param name="AlwaysOn">Model ids, exactly.</param>
/// <param name="Scheduled">Model ids, exactly.</param>
internal sealed record WarmPools(IReadOnlySet<string> AlwaysOn, IReadOnlySet<string> Scheduled, WarmWindow Window)
{
    public const string OnDemandWord = "on_demand";
    public const string AlwaysOnWord = "always_on";
    public const string ScheduledWord = "scheduled";

    /// <summary>The seed's hours.</summary>
    public static readonly WarmWindow DefaultWindow = new() { From = new TimeOnly(9, 0), To = new TimeOnly(21, 0) };

    public static readonly WarmPools None = new(new HashSet<string>(), new HashSet<string>(), DefaultWindow);

    /// <exception cref="FormatException">The hours or the time zone are none; the message says which variable.</exception>
    public static WarmPools Parse(WarmPoolHostOptions options)
    {
        if (!WarmHours.TryParse(options.Hours, out var from, out var to)) throw new FormatException($"WARM_POOL_SCHEDULE_HOURS: '{options.Hours}' is not of the form 09-21.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _)) throw new FormatException($"WARM_POOL_SCHEDULE_TIMEZONE: '{options.TimeZone}' is no known time zone.");
        return new WarmPools(Ids(options.AlwaysOnModels), Ids(options.ScheduledModels), DefaultWindow with { From = from, To = to, TimeZone = options.TimeZone });
    }

    public string ModeOf(DeploymentSpec spec) =>
        spec.Account is not null || spec.Service is not null ? OnDemandWord
        : AlwaysOn.Contains(spec.Model.Id) ? AlwaysOnWord
        : Scheduled.Contains(spec.Model.Id) ? ScheduledWord
        : OnDemandWord;

    public static PoolView View(WorkerScaling workers, DateTimeOffset now)
    {
        var kept = workers.At(now).Min;
        if (workers.Warm is not { } warm) return new PoolView(workers.Min > 0 ? AlwaysOnWord : OnDemandWord, kept, NextChangeAt: null, Schedule: null);
        return new PoolView(ScheduledWord, kept, warm.NextChange(now), $"{WarmHours.Text(warm)} {warm.Days.Text()} {warm.TimeZone}");
    }

    private static HashSet<string> Ids(string? list) =>
        new((list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), StringComparer.Ordinal);
}
