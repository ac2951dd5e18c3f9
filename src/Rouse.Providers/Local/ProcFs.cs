using System.Globalization;
using System.Text;

namespace Rouse.Providers.Local;

/// <summary>A process, told from a later one with the same number by when it began (clock ticks since boot).</summary>
internal readonly record struct ProcessId(int Pid, ulong StartTicks);

/// <summary>A process that carries our marks in its environment.</summary>
/// <param name="IsMain">It is the worker itself, not a process the worker started.</param>
internal sealed record FoundProcess(ProcessId Id, string Backend, string Worker, string Generation, bool IsMain);

/// <summary>Reads /proc (proc(5)). What cannot be read, because it is gone or somebody else's, is not there.</summary>
internal static class ProcFs
{
    private static readonly Lazy<string?> Self = new(() => UserOf(Environment.ProcessId));

    public static bool IsAvailable => OperatingSystem.IsLinux() && File.Exists("/proc/self/environ");

    /// <summary>The process with this number, or null when there is none or it is dead and only not yet reaped.</summary>
    public static ProcessId? Identify(int pid)
    {
        if (Read(pid, "stat") is not { } bytes) return null;
        // Field 2 is the program's name in brackets and may hold anything; state is field 3, the start time field 22.
        var text = Encoding.ASCII.GetString(bytes);
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 20 || fields[0] is "Z" or "X" or "x") return null;
        return new ProcessId(pid, ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    public static bool IsAlive(ProcessId id) => Identify(id.Pid) == id;

    /// <summary>Signals the process if it is still the one that was meant.</summary>
    public static void Signal(ProcessId id, int signal)
    {
        if (IsAlive(id)) _ = Libc.Kill(id.Pid, signal);
    }

    /// <summary>
    /// Every living process of one installation, workers and what they started. Only the user we run as counts: root reads everybody's
    /// environment, and anybody can write our marks into his own.
    /// </summary>
    public static IReadOnlyList<FoundProcess> FindOwned(string owner)
    {
        var found = new List<FoundProcess>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) continue;
            if (pid == Environment.ProcessId || Read(pid, "environ") is not { Length: > 0 } environ) continue;
            if (Marks.Value(environ, Marks.Owner) != owner || UserOf(pid) != Self.Value || Identify(pid) is not { } id) continue;
            found.Add(new FoundProcess(
                id,
                Marks.Value(environ, Marks.Backend) ?? "",
                Marks.Value(environ, Marks.Worker) ?? "",
                Marks.Value(environ, Marks.Generation) ?? "",
                Marks.Value(environ, Marks.Pid) == pid.ToString(CultureInfo.InvariantCulture)));
        }

        return found;
    }

    /// <summary>The line <c>Uid:</c> of a process's status: real, effective, saved and file system user.</summary>
    private static string? UserOf(int pid) => Read(pid, "status") is { } status
        ? Encoding.UTF8.GetString(status).Split('\n').FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal))
        : null;

    private static byte[]? Read(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
