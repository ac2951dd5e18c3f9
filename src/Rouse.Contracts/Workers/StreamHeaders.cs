namespace Rouse.Contracts.Workers;

/// <summary>Fields a Rouse worker adds to Runpod's <c>job-stream</c>; a server that does not know them passes them over.</summary>
public static class StreamHeaders
{
    /// <summary>
    /// Which part of the job's answer this is, 1 for the first. A part that is sent again because its answer was lost is then kept once, and one that cannot be
    /// kept is refused (409) instead of left out.
    /// </summary>
    public const string Part = "X-Rouse-Part";
}
