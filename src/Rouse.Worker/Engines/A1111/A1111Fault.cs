namespace Rouse.Worker.Engines.A1111;

/// <summary>Words for what fails beside those of <see cref="EngineFault"/>.</summary>
internal static class A1111Fault
{
    /// <summary>The WebUI was still at work when the job's time was over.</summary>
    public const string TimedOut = "timed_out";

    /// <summary>The WebUI is gone or refuses connections.</summary>
    public const string Unreachable = "webui_unreachable";
}
