using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>What the operator keeps warm, as the environment says.</summary>
internal static class WarmPoolEnvironment
{
    public static WarmPoolHostOptions Read(Func<string, string?> variable)
    {
        var standard = new WarmPoolHostOptions();
        return new WarmPoolHostOptions
        {
            AlwaysOnModels = variable("WARM_POOL_ALWAYS_ON_MODELS"),
            ScheduledModels = variable("WARM_POOL_SCHEDULED_MODELS"),
            Hours = variable("WARM_POOL_SCHEDULE_HOURS") is { Length: > 0 } hours ? hours : standard.Hours,
            TimeZone = variable("WARM_POOL_SCHEDULE_TIMEZONE") is { Length: > 0 } zone ? zone : standard.TimeZone,
        };
    }
}
