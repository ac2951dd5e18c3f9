using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Cli.Tests;

/// <summary>The real server on a real file system of 64 MB that runs full: it says so, loses nothing it has acknowledged, and goes on when there is space.</summary>
public sealed class DiskFullTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(5);
    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [SmallDiskFact]
    public async Task FullDisk_Answers503_KeepsWhatItAcknowledged_AndGoesOnWithinFiveSeconds()
    {
        using var disk = SmallDisk.Start(_cli.Folder, "64m");
        using var http = new HttpClient { BaseAddress = new Uri(await disk.ListensAsync()), Timeout = TimeSpan.FromSeconds(60) };
        List<string> acknowledged = [];
        for (var i = 0; i < 20; i++) acknowledged.Add((await DeployAsync(http, $"before-{i}")).Id!);

        await disk.FillAsync();
        var refused = 0;
        for (var i = 0; refused < 20; i++)
        {
            Assert.True(i < 5000, "The disk never was full.");
            var (status, id, code) = await DeployAsync(http, $"during-{i}");
            if (id is not null) acknowledged.Add(id);
            else
            {
                Assert.Equal((HttpStatusCode.ServiceUnavailable, "STORAGE_FULL"), (status, code));
                refused++;
            }
        }

        // Reads go on, all of them.
        foreach (var path in new[] { "/health", "/metrics", "/v1/deployments?limit=100", $"/v1/deployments/{acknowledged[^1]}", "/v1/doctor" })
        {
            using var read = await http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(read.IsSuccessStatusCode, $"{path}: {(int)read.StatusCode}");
        }

        await disk.EmptyAsync();
        var began = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(async () => (await DeployAsync(http, "after")).Id is not null);
        var recovery = Stopwatch.GetElapsedTime(began);

        foreach (var id in acknowledged) Assert.Equal(id, (await http.GetFromJsonAsync<JsonElement>(new Uri($"/v1/deployments/{id}", UriKind.Relative))).GetProperty("deployment_id").GetString());
        output.WriteLine(FormattableString.Invariant($"{acknowledged.Count} acknowledged, 0 lost; {refused} refused; writes again after {recovery.TotalMilliseconds:0} ms"));
        Assert.InRange(recovery, TimeSpan.Zero, s_recovery);
        Assert.Equal(0, await disk.EndAsync());
    }

    private static async Task<(HttpStatusCode Status, string? Id, string? Code)> DeployAsync(HttpClient http, string name)
    {
        using var reply = await http.PostAsJsonAsync("/v1/deployments", new { hf_model_id = $"org/{name}", user_webhook_url = "http://127.0.0.1:1/" + new string('x', 1800) });
        var body = await reply.Content.ReadFromJsonAsync<JsonElement>();
        if (reply.StatusCode == HttpStatusCode.Accepted) return (reply.StatusCode, body.GetProperty("deployment_id").GetString(), null);
        Assert.NotNull(reply.Headers.RetryAfter);
        return (reply.StatusCode, null, body.GetProperty("code").GetString());
    }

    /// <summary>The server in a name space of its own with a small file system, which goes with it whatever ends it.</summary>
    private sealed class SmallDisk : IDisposable
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

    private sealed class SmallDiskFactAttribute : FactAttribute
    {
        public SmallDiskFactAttribute() => Skip = SmallDisk.MissingReason;
    }
}
