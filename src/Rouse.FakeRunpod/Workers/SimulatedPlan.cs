namespace Rouse.FakeRunpod.Workers;

public enum SimulatedEnd
{
    /// <summary>Loads, reports so, and serves jobs.</summary>
    Serves,

    /// <summary>Exits with code 1 once its start is over.</summary>
    Crashes,

    /// <summary>Reports <c>failed</c> with <see cref="SimulatedPlan.FailureCode"/> and exits with code 1.</summary>
    ReportsFailure,

    /// <summary>Says nothing and takes nothing, for ever.</summary>
    Hangs,
}

/// <summary>What a simulated worker does.</summary>
public sealed record SimulatedPlan
{
    public SimulatedEnd End { get; init; } = SimulatedEnd.Serves;

    /// <summary>From the start of the container to ready (or to its end).</summary>
    public TimeSpan Start { get; init; }

    /// <summary>How long each job takes.</summary>
    public TimeSpan Job { get; init; }

    public string FailureCode { get; init; } = "ENGINE_FAILED";

    public string FailureMessage { get; init; } = "The engine could not load the model.";
}
