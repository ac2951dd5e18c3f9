namespace Rouse.Server;

/// <summary>Finds the program that local workers run, and those of a Runpod that is none.</summary>
public static class WorkerProgram
{
    /// <param name="configured">A path of the caller's choice; else <c>ROUSE_WORKER</c>, else <c>rouse-worker</c> or <c>worker/Rouse.Worker.dll</c> beside this program.</param>
    /// <returns>An absolute path; it may not exist, which the provider reports when a deployment needs it.</returns>
    public static string Locate(string? configured) =>
        Path.GetFullPath(configured ?? (Environment.GetEnvironmentVariable("ROUSE_WORKER") is { Length: > 0 } set ? set : Beside(AppContext.BaseDirectory)));

    /// <summary>Published, it is a program of its own; built, an assembly in a folder.</summary>
    public static string Beside(string folder)
    {
        var program = Path.Combine(folder, "rouse-worker");
        return File.Exists(program) ? program : Path.Combine(folder, "worker", "Rouse.Worker.dll");
    }

    /// <summary>What starts it: an assembly needs the same dotnet host that runs this process.</summary>
    public static (string Executable, string[] Arguments) Command(string program)
    {
        if (!program.EndsWith(".dll", StringComparison.Ordinal)) return (program, []);
        var host = Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return (host, [program]);
    }
}
