using System.Globalization;

namespace Rouse.Cli;

/// <summary>How a command ended. The numbers are promised: scripts branch on them.</summary>
internal enum ExitCode
{
    Ok = 0,
    Failed = 1,
    Usage = 2,
    Unreachable = 3,
    NotFound = 4,
    Refused = 5,
    Timeout = 6,
    ServerError = 7,
    Interrupted = 130,
}

internal static class ExitCodes
{
    public static string Number(ExitCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);

    /// <summary>In the words of the help pages, in numeric order.</summary>
    public static IReadOnlyList<(ExitCode Code, string Meaning)> Meanings { get; } =
    [
        (ExitCode.Ok, "done"),
        (ExitCode.Failed, "the deployment or job failed, or a check did"),
        (ExitCode.Usage, "the command line is wrong"),
        (ExitCode.Unreachable, "the server cannot be reached"),
        (ExitCode.NotFound, "no such deployment or job"),
        (ExitCode.Refused, "the server refused the request (4xx)"),
        (ExitCode.Timeout, "waited as long as asked; it goes on without you"),
        (ExitCode.ServerError, "the server failed (5xx)"),
        (ExitCode.Interrupted, "interrupted (Ctrl-C)"),
    ];
}
