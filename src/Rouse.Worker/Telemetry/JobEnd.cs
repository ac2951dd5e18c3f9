namespace Rouse.Worker.Telemetry;

/// <summary>How a job ended: a closed set, so that no metric's label grows.</summary>
internal enum JobEnd
{
    Done,

    /// <summary>The input was not taken.</summary>
    Refused,
    Failed,

    /// <summary>Somebody wanted it stopped.</summary>
    Dropped,
}
