using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Server.Features.Deployments;

/// <summary>Which workers are to be kept although nothing is asked: by the request, or else as the operator set it for the model.</summary>
internal static class PoolParser
{
    /// <param name="spec">All else that was asked for.</param>
    public static WorkerScaling Parse(WorkerScalingBody? body, DeploymentSpec spec, ProviderTraits provider, WarmPools pools, DeploymentParser.Faults faults)
    {
        var workers = spec.Workers;
        // Which model it is, is known of a sound request only.
        var mode = body?.Pool ?? (body?.Min is null && !faults.Any ? pools.ModeOf(spec) : WarmPools.OnDemandWord);
        if (body?.Schedule is not null && mode != WarmPools.ScheduledWord) faults.Add("workers.schedule", "Only with workers.pool scheduled.");
        switch (mode)
        {
            case WarmPools.OnDemandWord:
                return workers;
            case WarmPools.AlwaysOnWord:
                return workers with { Min = Math.Max(1, workers.Min) };
            case WarmPools.ScheduledWord when provider is { SellsGpus: true, HasOwnQueue: false }:
                faults.Add("workers.pool", $"{provider.Kind} cannot be put to sleep and woken by a schedule; use always_on, or another provider.");
                return workers;
            case WarmPools.ScheduledWord:
                return workers with { Warm = body?.Schedule is { } schedule ? Window(schedule, workers.Max, faults) : pools.Window };
            default:
                faults.Add("workers.pool", "Must be on_demand, always_on or scheduled.");
                return workers;
        }
    }

    private static WarmWindow Window(WarmScheduleBody body, int max, DeploymentParser.Faults faults)
    {
        var standard = WarmPools.DefaultWindow;
        var (from, to, days) = (standard.From, standard.To, standard.Days);
        if (body.Hours is { } hours && !WarmHours.TryParse(hours, out from, out to)) faults.Add("workers.schedule.hours", "Must be both ends of the hours, such as 09-21 or 22:30-06:00.");
        if (body.Days is { } text && !WeekDaysText.TryParse(text, out days)) faults.Add("workers.schedule.days", "Must be daily, or days such as mon-fri or sat,sun.");
        var zone = body.TimeZone ?? standard.TimeZone;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) faults.Add("workers.schedule.time_zone", "Must be an IANA time zone that the server knows, such as Europe/Istanbul.");
        return new WarmWindow { From = from, To = to, Days = days, TimeZone = zone, Workers = faults.InRange("workers.schedule.workers", body.Workers ?? 1, 1, max) };
    }
}
