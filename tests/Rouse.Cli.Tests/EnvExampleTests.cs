using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Rouse.Cli.Commands;
using Rouse.Cli.Commands.Local;

namespace Rouse.Cli.Tests;

/// <summary>
/// <c>.env.example</c> is what the programs say of themselves, and they say all they read. ROUSE_GOLDENS=write renews the file. A new variable of the server
/// belongs into <see cref="ServerVariables"/>, one of the worker into its help.
/// </summary>
public sealed partial class EnvExampleTests
{
    /// <summary>Looks like a variable and is none of ours to set: error codes, marks of our own processes, and what others' workers read.</summary>
    private static readonly HashSet<string> s_others = new(StringComparer.Ordinal)
    {
        "HF_RATE_LIMIT", "HF_UNREACHABLE", "HF_ERROR", "HF_HOME", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_TELEMETRY", "ROUSE_OWNER", "ROUSE_LOCAL_", "ROUSE_LOCAL_BACKEND", "ROUSE_LOCAL_GENERATION", "ROUSE_LOCAL_LOG", "ROUSE_LOCAL_PID", "ROUSE_LOCAL_WORKER",
        "RUNPOD_ENDPOINT_ID", "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS", "RUNPOD_POD_HOSTNAME", "RUNPOD_DC_ID", "RUNPOD_GPU_COUNT", "PATH", "TERM", "DOTNET_HOST_PATH", "HOME",
    };

    [Fact]
    public async Task TheFile_IsWhatTheProgramsSay()
    {
        var text = new StringBuilder("# Every variable that Rouse reads, with its default. Copy this to .env and uncomment what you change; keep that file to yourself (mode 0600).\n");
        Section(text, "The server: rouse serve. Any value may be sm://NAME or file:///path instead, where the server reads it from", ServerVariables.All);
        Section(text, "The command line: all other commands", CommandVariables.All);
        Section(text, "The worker: rouse-worker. The server and Runpod set these; by hand they are for trying things out", await WorkerAsync());
        var path = Path.Combine(Repository.Root, ".env.example");
        if (Environment.GetEnvironmentVariable("ROUSE_GOLDENS") is "write") await File.WriteAllTextAsync(path, text.ToString());
        Assert.Equal(await File.ReadAllTextAsync(path), text.ToString());
    }

    [Fact]
    public void EveryVariableInTheCode_IsInTheFile_AndTheOtherWayRound()
    {
        var told = Names().Matches(File.ReadAllText(Path.Combine(Repository.Root, ".env.example"))).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories))
        {
            // The fake plays what sets variables for others; the lists only tell of what is read elsewhere.
            if (file.Contains("/obj/", StringComparison.Ordinal) || file.Contains("/Rouse.FakeRunpod/", StringComparison.Ordinal)) continue;
            if (Path.GetFileName(file) is "ServerVariables.cs" or "CommandVariables.cs") continue;
            read.UnionWith(Literals().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value));
        }

        read.ExceptWith(s_others);
        Assert.Empty(read.Except(told).Order(StringComparer.Ordinal));
        Assert.Empty(told.Except(read).Order(StringComparer.Ordinal));
        Assert.True(told.Count > 40);
    }

    private static void Section(StringBuilder text, string title, IEnumerable<ServerVariable> variables)
    {
        text.Append("\n# ---- ").Append(title).Append(".\n");
        foreach (var one in variables)
        {
            // A default that is no value, but depends on something, stands in the sentence.
            var isValue = !one.Default.Contains(' ', StringComparison.Ordinal) && one.Default is not "random" && !Names().IsMatch($"#{one.Default}=");
            text.Append("\n# ").Append(one.Meaning).Append(isValue ? "" : $" ({one.Default})").Append("\n#").Append(one.Name).Append('=').Append(isValue ? one.Default : "").Append('\n');
        }
    }

    private static async Task<IReadOnlyList<ServerVariable>> WorkerAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "worker", "Rouse.Worker.dll"), "--help"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var worker = Process.Start(start)!;
        var help = await worker.StandardOutput.ReadToEndAsync();
        var mine = ServerVariables.All.Select(one => one.Name).ToHashSet(StringComparer.Ordinal);
        return [.. HelpLines().Matches(help)
            .Select(match => new ServerVariable(match.Groups["name"].Value, match.Groups["default"].Value, match.Groups["meaning"].Value))
            .Where(one => !mine.Contains(one.Name))];
    }

    [GeneratedRegex(@"^#(?<name>[A-Z][A-Z0-9_]+)=", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();

    // A literal with one of our words in front, or one that is handed to what reads variables.
    [GeneratedRegex(
        """(?:GetEnvironmentVariable|[Vv]ariable)\("(?<name>[A-Z][A-Z0-9_]+)"|"(?<name>TRACEPARENT|(?:ROUSE|RUNPOD|HF|AWS|S3|OTEL|BUCKET|CIVITAI|GCP|GCE|GOOGLE|FIRESTORE|WARM_POOL|CLEANUP|LOG_STREAM|SHARED_CACHE|RATE_LIMIT_REQUESTS)_[A-Z0-9_]+)"(?!_)""",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Literals();

    [GeneratedRegex(@"^  (?<name>[A-Z][A-Z0-9_]+) +(?<meaning>[^\n]*?)(?: \(default:? (?<default>[^)]*)\))?$", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HelpLines();
}
