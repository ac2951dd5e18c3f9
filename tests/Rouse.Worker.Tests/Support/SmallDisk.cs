using System.Diagnostics;

namespace Rouse.Worker.Tests.Support;

/// <summary>A real file system of a few mebibytes, so that a disk can be filled. Only root may mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Why none can be mounted here; null when one can.</summary>
    public static string? MissingReason { get; } = CanMount() ? null : "No file system can be mounted here: that takes root.";

    public static SmallDisk Mount(int mebibytes)
    {
        var folder = Directory.CreateTempSubdirectory("rouse-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", folder)) return new SmallDisk(folder);
        Directory.Delete(folder);
        throw new InvalidOperationException("The file system was not mounted.");
    }

    public long Free => new DriveInfo(Folder).AvailableFreeSpace;

    /// <summary>Leaves so many bytes.</summary>
    public void FillTo(long left)
    {
        using var file = File.OpenHandle(Path.Combine(Folder, "filler"), FileMode.Create, FileAccess.Write);
        var block = new byte[4_096];
        for (var at = 0L; Free - block.Length >= left; at += block.Length) RandomAccess.Write(file, block, at);
    }

    public void Dispose()
    {
        Run("umount", "-l", Folder);
        Directory.Delete(Folder);
    }

    private static bool CanMount()
    {
        try
        {
            Mount(1).Dispose();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
