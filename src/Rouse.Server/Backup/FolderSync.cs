using System.Runtime.InteropServices;

namespace Rouse.Server.Backup;

/// <summary>Makes a rename durable: fsync(2) of the folder, which .NET opens no handle to.</summary>
internal static class FolderSync
{
    private const int ReadOnly = 0;

    /// <summary>As well as it goes: a file system that cannot do it has its own ways.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) return;
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int descriptor);
}
