using System.Globalization;
using System.Runtime.InteropServices;
using Rouse.Cli.Terminal;
using Rouse.Contracts;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>What a server and its workers need of this machine.</summary>
internal static class MachineChecks
{
    /// <summary>A small model and its cache; below this a deployment will likely run out.</summary>
    private const long EnoughDisk = 5_000_000_000;

    /// <summary>Below this not even logs and the database are safe.</summary>
    private const long LeastDisk = 200_000_000;

    public static IEnumerable<DoctorCheck> Run(CliHost host, string dataFolder) =>
    [
        Runtime(), Dotnet(host), Sqlite(), Worker(host), OnnxRuntime(host), Proc(), Disk(dataFolder), Writable(dataFolder),
    ];

    private static DoctorCheck Runtime() => Ok("runtime", $".NET {Environment.Version}, {RuntimeInformation.RuntimeIdentifier}");

    private static DoctorCheck Dotnet(CliHost host)
    {
        if (!WorkerPath(host).EndsWith(".dll", StringComparison.Ordinal)) return Ok("dotnet", "not needed: the worker brings its own");
        var path = host.Variable("PATH")?.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "dotnet")).FirstOrDefault(File.Exists);
        path ??= Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) is "dotnet" ? self : null;
        return path is not null
            ? Ok("dotnet", path)
            : Fail("dotnet", "not found in PATH; workers are started with it", "install the .NET 10 SDK or runtime");
    }

    private static DoctorCheck Sqlite()
    {
        const string Library = "libsqlite3.so.0";
        if (!NativeLibrary.TryLoad(Library, out var handle))
            return Fail("libsqlite3", "not found; the embedded store needs it", "install libsqlite3-0, or serve with --database");
        NativeLibrary.Free(handle);
        return Ok("libsqlite3", Library);
    }

    private static DoctorCheck Worker(CliHost host)
    {
        var path = WorkerPath(host);
        if (File.Exists(path)) return Ok("worker", path);
        return Fail("worker", $"not found at {path}", "build again, or set ROUSE_WORKER to Rouse.Worker.dll");
    }

    private static DoctorCheck OnnxRuntime(CliHost host)
    {
        var set = host.Variable("ROUSE_ONNXRUNTIME");
        if (!string.IsNullOrEmpty(set) && !File.Exists(set))
            return Fail("onnxruntime", $"ROUSE_ONNXRUNTIME names {set}, which is not there", "correct or unset the variable");
        var found = string.IsNullOrEmpty(set) ? BesideWorker(Path.GetDirectoryName(WorkerPath(host))) : set;
        return found is not null
            ? Ok("onnxruntime", found)
            : Fail("onnxruntime", "no native library beside the worker", "build again, or set ROUSE_ONNXRUNTIME to the library's path");
    }

    private static string? BesideWorker(string? folder)
        => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "libonnxruntime*", SearchOption.AllDirectories).FirstOrDefault() : null;

    private static DoctorCheck Proc() => File.Exists("/proc/self/stat")
        ? Ok("/proc", "readable")
        : Warn("/proc", "not readable: workers that outlived a killed server cannot be found again", "run where /proc is mounted");

    private static DoctorCheck Disk(string dataFolder)
    {
        var existing = dataFolder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent) existing = parent;
        var free = new DriveInfo(existing).AvailableFreeSpace;
        var message = string.Create(CultureInfo.InvariantCulture, $"{Measures.Bytes(free)} free at {existing}");
        return free switch
        {
            < LeastDisk => Fail("disk", message, "free some space, or serve with another --data"),
            < EnoughDisk => Warn("disk", message, "models are large: free some space, or serve with another --data"),
            _ => Ok("disk", message),
        };
    }

    private static DoctorCheck Writable(string dataFolder)
    {
        if (!Directory.Exists(dataFolder)) return Ok("data", $"{dataFolder} will be made by `rouse serve`");
        var probe = Path.Combine(dataFolder, $".doctor-{Environment.ProcessId}");
        try
        {
            using (File.Create(probe, 1, FileOptions.DeleteOnClose)) return Ok("data", $"{dataFolder} is writable");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail("data", $"{dataFolder} is not writable: {e.Message}", "give this user the folder, or serve with another --data");
        }
    }

    private static string WorkerPath(CliHost host)
        => host.Variable("ROUSE_WORKER") is { Length: > 0 } set ? set : WorkerProgram.Beside(AppContext.BaseDirectory);

    private static DoctorCheck Ok(string name, string message) => new(name, "ok", message, null);

    private static DoctorCheck Warn(string name, string message, string next) => new(name, "warn", message, next);

    private static DoctorCheck Fail(string name, string message, string next) => new(name, "fail", message, next);
}
