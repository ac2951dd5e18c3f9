using System.Runtime.InteropServices;

namespace Rouse.Providers.Local;

/// <summary>The few calls of the C library that .NET has no word for.</summary>
internal static class Libc
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    /// <summary>Sends a signal; to a whole process group when <paramref name="pid"/> is negative. A process that is gone is no error.</summary>
    [DllImport("libc", EntryPoint = "kill")]
    public static extern int Kill(int pid, int signal);

    /// <summary>Makes the entries of a folder durable: a file's own fsync does not (fsync(2), notes).</summary>
    public static void SyncFolder(string path)
    {
        var handle = Open(path, 0);
        if (handle < 0) throw new IOException($"The folder {path} cannot be opened.");
        var failed = Sync(handle) != 0;
        _ = Close(handle);
        if (failed) throw new IOException($"The folder {path} cannot be made durable.");
    }

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);
}
