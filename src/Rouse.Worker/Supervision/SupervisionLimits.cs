namespace Rouse.Worker.Supervision;

/// <summary>How patient the worker is with a server beside it.</summary>
internal sealed record SupervisionLimits
{
    /// <summary>Between two asks whether a starting server is up.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>One ask that is not answered by then has failed.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Each so many asks one line says that the server is not up yet: at 200 ms, every 3 s.</summary>
    public int LogEvery { get; init; } = 15;

    /// <summary>From the start of the program, or of the worker where somebody else starts it, until it must answer: large weights from a slow disk take minutes.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Between two asks whether a server that is up still is.</summary>
    public TimeSpan HealthInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A server that was up and has not answered for this long is started again. Long, because a simple one does not answer while it computes. Zero: never.
    /// </summary>
    public TimeSpan HangLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Before a dead server is started again; doubles with each death in a row up to <see cref="LongestRestart"/>.</summary>
    public TimeSpan FirstRestart { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestRestart { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Deaths within <see cref="CrashWindow"/>, none of them after it was up for <see cref="Steady"/>, that end the trying.</summary>
    public int CrashLimit { get; init; } = 5;

    public TimeSpan CrashWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Up for this long: the deaths before are forgiven.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From SIGTERM to SIGKILL: shorter than the 30 s that a container has by default.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);
}
