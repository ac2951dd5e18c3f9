using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Rouse.Cli.Tests;

/// <summary>The quick starts are run as they stand, in the order they stand, against a server with a key and a Runpod of this machine.</summary>
public sealed partial class QuickStartTests : IDisposable
{
    private const string Key = "a-key-for-the-quick-start";

    /// <summary>A hang is told as one.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    private readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("docs/quickstart.md")]
    [InlineData("docs/quickstart.tr.md")]
    public async Task EveryCommandOfAQuickStart_DoesWhatItIsThereFor(string page)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal) { ["ROUSE_API_KEYS"] = $"me={Key}" };
        using var server = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", "0", "--data", "data", "--quiet", "--fake-runpod");
        await server.Out.HearAsync("\n");
        var blocks = Blocks(page);
        Assert.True(blocks.Count >= 10);
        // Each line must succeed, pipes included; an id that is empty would make later lines succeed at nothing.
        var script = "set -euo pipefail\n"
            + $"rouse() {{ '{Environment.ProcessPath}' '{Path.Combine(AppContext.BaseDirectory, "rouse.dll")}' \"$@\"; }}\n"
            + string.Join("\ntest -z \"${ID+x}\" -o -n \"${ID-}\"\n", blocks);

        var start = new ProcessStartInfo("bash", ["-x", "-c", script])
        {
            WorkingDirectory = _cli.Folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            Environment = { ["ROUSE_SERVER"] = server.Out.ToString().Trim().TrimEnd('/'), ["ROUSE_API_KEY"] = Key, ["NO_COLOR"] = "1" },
        };
        using var shell = Process.Start(start)!;
        var (told, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync().WaitAsync(s_limit);
        var output = await told;

        Assert.True(shell.ExitCode == 0, output + await errors);
        string[] promised = ["{\"status\":\"ready\"}", "event: status", "\"status\":\"ready\"", "\"status\":\"COMPLETED\"", "\n204\n", "its resources are released", "Nothing runs in your name", "AMPERE_24"];
        Assert.All(promised, words => Assert.Contains(words, output, StringComparison.Ordinal));
        Assert.Single(Directory.GetFiles(_cli.Folder, "*.png"));
    }

    [Fact]
    public void BothLanguages_HaveTheSameSteps()
    {
        // Names and comments differ, commands do not.
        static string Commands(string page) => Names().Replace(string.Join('\n', Blocks(page)), "_");
        Assert.Equal(Commands("docs/quickstart.md"), Commands("docs/quickstart.tr.md"));
        Assert.Contains("docs/quickstart.tr.md", File.ReadAllText(Path.Combine(Repository.Root, "README.md")), StringComparison.Ordinal);
    }

    /// <summary>What stands in fences marked <c>bash</c>; those marked <c>text</c> are about the reader's own machine.</summary>
    private static List<string> Blocks(string page) =>
        [.. Fences().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).Select(match => match.Groups["code"].Value.TrimEnd())];

    [GeneratedRegex(@"^```bash\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fences();

    [GeneratedRegex(@"\b(?:first|second|birinci|ikinci|my-first-try|ilk-denemem|lighthouse\.png|deniz-feneri\.png)\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();
}
