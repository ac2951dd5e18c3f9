using System.Reflection;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>The runner's source, which travels inside the worker, in a private folder that Python reads it from.</summary>
internal sealed class RunnerFolder : IDisposable
{
    public const string Package = "rouse_runner";
    private const string Prefix = "runner/";

    private RunnerFolder(string path) => Path = path;

    public string Path { get; }

    /// <summary>A home for libraries that look for models or tokens there, and is not there: what they do not find they cannot use.</summary>
    public string Home => System.IO.Path.Combine(Path, "home");

    public static RunnerFolder Write()
    {
        var folder = new RunnerFolder(Directory.CreateTempSubdirectory("rouse-runner-").FullName);
        var package = Directory.CreateDirectory(System.IO.Path.Combine(folder.Path, Package)).FullName;
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var source = assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(System.IO.Path.Combine(package, name[Prefix.Length..]));
            source.CopyTo(file);
        }

        return folder;
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The runner removed it when it had read it, so that nothing is left behind by a worker that was killed.
        }
    }
}
