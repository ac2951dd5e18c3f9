namespace Rouse.Contracts.Workers;

/// <summary>Where a worker answers the probes of the platform it runs on.</summary>
public static class HealthVariables
{
    /// <summary>A TCP port, on all addresses; absent: it listens nowhere.</summary>
    public const string Port = "ROUSE_HEALTH_PORT";
}
