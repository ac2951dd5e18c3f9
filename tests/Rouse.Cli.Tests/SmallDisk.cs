using System.Diagnostics;

namespace Rouse.Cli.Tests;

/// <summary>The server in a name space of its own with a small file system, which goes with it whatever ends it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const string Script =
        """
        mount -t tmpfs -o size="$2" tmpfs "$1" || exit 97
        shift 2
        folder="$PWD/disk"
        "$@" &
        server=$!
        while read -r word; do
          case "$word" in
            fill) dd if=/dev/zero of="$folder/ballast" bs=64k 2>/dev/null; truncate -s -262144 "$folder/ballast" ;;
            empty) rm -f "$folder/ballast" ;;
            end) kill -TERM $server; break ;;
          esac
          echo "$word done"
        done
        wait $server
        """;

    private readonly Process _process;
    private readonly HeardWriter _out = new();

    private SmallDisk(Process process) => _process = process;

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? MissingReason { get; } = CanMount() ? null : "No file system can be mounted here (unshare of util-linux, as root or with user name spaces).";

    public static SmallDisk Start(string folder, string size)
    {
        Directory.CreateDirectory(Path.Combine(folder, "disk"));
        var start = new ProcessStartInfo("unshare") { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            .. NameSpace, "sh", "-c", Script, "small-disk", Path.Combine(folder, "disk"), size,
            Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "rouse.dll"), "serve", "--port", "0", "--data", "disk/data", "--quiet",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["HF_ENDPOINT"] = "http://127.0.0.1:1";
        foreach (var name in new[] { "RUNPOD_API_KEY", "ROUSE_API_KEYS", "ROUSE_ADMIN_KEY", "ROUSE_MASTER_KEY" }) start.Environment.Remove(name);
        var disk = new SmallDisk(new Process { StartInfo = start });
        disk._process.OutputDataReceived += (_, line) => disk._out.WriteLine(line.Data);
        disk._process.ErrorDataReceived += (_, _) => { };
        disk._process.Start();
        disk._process.BeginOutputReadLine();
        disk._process.BeginErrorReadLine();
        return disk;
    }

    public async Task<string> ListensAsync()
    {
        await _out.HearAsync("http://");
        return _out.ToString().Split('\n').First(line => line.StartsWith("http://", StringComparison.Ordinal)).Trim();
    }

    /// <summary>All but a quarter of a megabyte.</summary>
    public Task FillAsync() => TellAsync("fill");

    public Task EmptyAsync() => TellAsync("empty");

    public async Task<int> EndAsync()
    {
        await _process.StandardInput.WriteLineAsync("end");
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static string[] NameSpace => Environment.IsPrivilegedProcess ? ["--mount"] : ["--user", "--map-root-user", "--mount"];

    private static bool CanMount()
    {
        try
        {
            using var probe = Process.Start(new ProcessStartInfo("unshare", [.. NameSpace, "mount", "-t", "tmpfs", "tmpfs", Path.GetTempPath()]) { RedirectStandardError = true, UseShellExecute = false })!;
            probe.WaitForExit();
            return probe.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private async Task TellAsync(string word)
    {
        await _process.StandardInput.WriteLineAsync(word);
        await _out.HearAsync($"{word} done");
    }
}

/// <summary>Skipped, saying so, where no file system can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.MissingReason;
}
