using System.Text.Json;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>A Python with stand-ins for torch, diffusers and transformers, and the journal of what they were asked.</summary>
internal sealed class StandInPython : IDisposable
{
    /// <summary>A GPU on which the tiny models fit many times.</summary>
    public const string Gpu = """{"gpu":"Stand-in A10","free":20000000000,"total":24000000000}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-standin-").FullName;

    /// <param name="machine">What the stand-in of torch finds; <c>{}</c> is a machine without a GPU.</param>
    /// <param name="modules">Folders of stand-ins; what is left out is not installed.</param>
    public StandInPython(string machine = Gpu, params string[] modules)
    {
        var roots = (modules.Length > 0 ? modules : ["torch", "models"]).Select(static name => Path.Combine(AppContext.BaseDirectory, "Engines/Diffusers/standin", name));
        File.WriteAllText(Command, $"""
            #!/bin/sh
            echo "$$" >>'{Pids}'
            env >'{Path.Combine(_folder, "environment")}'
            export PYTHONPATH='{string.Join(':', roots)}' STANDIN='{machine}' STANDIN_JOURNAL='{Journal}'
            exec python3 "$@"
            """);
        File.SetUnixFileMode(Command, Executable);
    }

    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A stand-in for ffmpeg that is found before any other: a second of silence at 16 kHz, and a failure for a file with <c>broken</c> in it.</summary>
    public StandInPython WithFfmpeg()
    {
        var ffmpeg = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName, "ffmpeg");
        File.WriteAllText(ffmpeg, $$"""
            #!/bin/sh
            echo "$@" >>'{{Path.Combine(_folder, "ffmpeg")}}'
            for word; do case $word in file:*) file=${word#file:};; esac; done
            if grep -q broken "$file"; then exit 1; fi
            head -c 64000 /dev/zero
            """);
        File.SetUnixFileMode(ffmpeg, Executable);
        File.WriteAllText(Command, File.ReadAllText(Command).Replace("export ", $"export PATH='{Path.GetDirectoryName(ffmpeg)}':\"$PATH\" ", StringComparison.Ordinal));
        return this;
    }

    /// <summary>Its arguments, call by call.</summary>
    public IReadOnlyList<string> FfmpegCalls => [.. File.ReadAllLines(Path.Combine(_folder, "ffmpeg"))];

    public string Command => Path.Combine(_folder, "python");

    /// <summary>Of the process that was started last, before the stand-ins were added.</summary>
    public IReadOnlyList<string> Variables => [.. File.ReadAllLines(Path.Combine(_folder, "environment")).Select(static line => line.Split('=')[0])];

    public IReadOnlyList<int> Started => [.. File.ReadAllLines(Pids).Select(int.Parse)];

    /// <summary>Where the process that was started last began.</summary>
    public string StartFolder => File.ReadAllLines(Path.Combine(_folder, "environment")).First(static line => line.StartsWith("RUNNER_FOLDER=", StringComparison.Ordinal))[14..];

    private string Journal => Path.Combine(_folder, "journal");

    private string Pids => Path.Combine(_folder, "pids");

    /// <summary>Calls of that name, in order.</summary>
    public IReadOnlyList<JsonElement> Calls(string name) => File.Exists(Journal)
        ? [.. File.ReadAllLines(Journal).Select(static line => JsonElement.Parse(line)).Where(call => call.GetProperty("call").GetString() == name)]
        : [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
