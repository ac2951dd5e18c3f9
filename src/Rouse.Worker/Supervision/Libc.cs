using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rouse.Worker.Supervision;

/// <summary>The few calls of Linux's C library that .NET has no word for.</summary>
internal static class Libc
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>fcntl(2): closed when another program is started. The same number on x64 and arm64.</summary>
    private const int CloseOnExec = 0x80000;

    /// <summary>Sends a signal to every process of a group. False where there is no such group, or no longer.</summary>
    public static bool SignalGroup(int group, int signal) => Kill(-group, signal) == 0;

    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    /// <summary>A pipe whose end for reading is inherited by whatever is started while it is open; the other end never is.</summary>
    public static (SafeFileHandle Inherited, SafeFileHandle Kept) OpenLifeline()
    {
        var ends = new int[2];
        if (Pipe(ends, CloseOnExec) != 0) throw new IOException("No pipe can be made: too many files are open.");
        using var read = new SafeFileHandle(ends[0], ownsHandle: true);
        var kept = new SafeFileHandle(ends[1], ownsHandle: true);
        // dup(2) does not copy the mark.
        var inherited = Duplicate(ends[0]);
        if (inherited >= 0) return (new SafeFileHandle(inherited, ownsHandle: true), kept);
        kept.Dispose();
        throw new IOException("No pipe can be made: too many files are open.");
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    [DllImport("libc", EntryPoint = "pipe2")]
    private static extern int Pipe([Out] int[] ends, int flags);

    [DllImport("libc", EntryPoint = "dup")]
    private static extern int Duplicate(int handle);
}
