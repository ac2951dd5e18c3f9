using System.Globalization;

namespace Rouse.Providers.Local;

/// <summary>How a process ended, in words.</summary>
internal static class ExitStatus
{
    /// <summary>The worker has told the control plane of a fault that a restart does not cure.</summary>
    public const int Fatal = 3;

    private static readonly Dictionary<int, string> Signals = new()
    {
        [1] = "SIGHUP", [2] = "SIGINT", [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE",
        [9] = "SIGKILL, as the kernel does when memory runs out", [11] = "SIGSEGV", [13] = "SIGPIPE", [15] = "SIGTERM",
    };

    public static string Word(int? code) => code switch
    {
        null => "ended",
        > 128 when Signals.TryGetValue(code.Value - 128, out var signal) => string.Create(CultureInfo.InvariantCulture, $"exited {code} ({signal})"),
        126 or 127 => string.Create(CultureInfo.InvariantCulture, $"exited {code} (its program could not be run)"),
        _ => string.Create(CultureInfo.InvariantCulture, $"exited {code}"),
    };
}
