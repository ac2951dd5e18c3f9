using System.Globalization;

namespace Rouse.Worker.Supervision;

/// <summary>What an exit code tells, for those who do not know them by heart.</summary>
internal static class ExitCodes
{
    public static string Words(int code) => string.Create(CultureInfo.InvariantCulture, $"exit code {code}") + code switch
    {
        126 => " (the program may not be executed)",
        127 => " (the program, or one that it calls, was not found)",
        134 => " (it aborted itself: SIGABRT)",
        137 => " (killed by SIGKILL: most often the machine's memory ran out)",
        139 => " (it touched memory that is not its own: SIGSEGV)",
        143 => " (somebody asked it to stop: SIGTERM)",
        _ => "",
    };
}
