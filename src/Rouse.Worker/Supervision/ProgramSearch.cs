using Rouse.Worker.Engines;

namespace Rouse.Worker.Supervision;

/// <summary>Looks for a program before it is started, so that one that is not there is told in words instead of by an exit code.</summary>
internal static class ProgramSearch
{
    /// <summary>Where shells look when nobody says.</summary>
    private const string UsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <exception cref="EngineException">The program, its folder or what starts it is not there.</exception>
    public static void Check(ServerCommand command, IReadOnlyDictionary<string, string> environment)
    {
        if (!OperatingSystem.IsLinux()) throw Fault($"A {command.Name} beside the worker can be started on Linux only. Start it yourself and give the worker its URL.");
        if (command.Folder is { } folder && !Directory.Exists(folder)) throw Fault($"The folder {folder}, where {command.Name} is to be started, does not exist.");
        var path = environment.GetValueOrDefault("PATH") ?? UsualPath;
        var program = command.Arguments[0];
        if (!IsThere(program, path, command.Folder))
        {
            throw Fault(program.Contains('/', StringComparison.Ordinal)
                ? $"{program}, which is to start {command.Name}, does not exist or may not be executed. Correct the command, or put the program into the image."
                : $"{program}, which is to start {command.Name}, is in no folder of PATH ({path}). Correct the command, or put the program into the image.");
        }

        if (!IsThere("setsid", path, null)) throw Fault("setsid is not in this image. Add it (util-linux, or busybox): without it a server could outlive its worker.");
    }

    private static bool IsThere(string program, string path, string? folder) => program.Contains('/', StringComparison.Ordinal)
        ? IsExecutable(Path.Combine(folder ?? Directory.GetCurrentDirectory(), program))
        : path.Split(':', StringSplitOptions.RemoveEmptyEntries).Any(entry => IsExecutable(Path.Combine(entry, program)));

    private static bool IsExecutable(string file) =>
        File.Exists(file) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None);

    private static EngineException Fault(string message) => new(EngineFault.EngineFailed, message);
}
