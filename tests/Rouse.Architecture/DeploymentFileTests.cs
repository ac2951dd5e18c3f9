using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Rouse.Architecture;

/// <summary>What deploys Rouse, held against the repository and against itself: nothing here is run before a release, so it is read instead.</summary>
public sealed partial class DeploymentFileTests
{
    public static TheoryData<string> Dockerfiles => [.. Repository.Files.Where(file => file.EndsWith(".Dockerfile", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Dockerfiles))]
    public void AnImage_IsPinned_RunsAsAUserOfItsOwn_AndCopiesWhatIsMade(string file)
    {
        var lines = Instructions(Repository.Read(file));
        var bases = Values(lines, "FROM").Select(value => value.Split(' ')[0]).ToList();
        Assert.Equal(2, bases.Count);
        Assert.All(bases, image => Assert.Matches(@"^[a-z./]+:\d+\.\d+[\w.-]*$", image));
        Assert.Contains(bases, image => image.Contains($":{Sdk()}.", StringComparison.Ordinal));
        Assert.Matches(@"^[1-9]\d{3,}:[1-9]\d{3,}$", Values(lines, "USER").Last());
        Assert.Single(Values(lines, "HEALTHCHECK"));
        Assert.All(Values(lines, "ENTRYPOINT").Concat(Values(lines, "CMD")), value => Assert.StartsWith("[\"", value, StringComparison.Ordinal));
        Assert.Empty(Values(lines, "ADD"));
        Assert.DoesNotContain(Values(lines, "ENV").Concat(Values(lines, "ARG")), value => SecretNames().IsMatch(value));

        var made = Values(lines, "COPY").Where(value => value.StartsWith("--from=build ", StringComparison.Ordinal)).SelectMany(value => value.Split(' ')[1..^1]).ToList();
        Assert.NotEmpty(made);
        var script = Repository.Read("eng/publish") + Repository.Read("eng/check-published");
        Assert.All(made, path => Assert.Contains(Path.GetFileName(path), script, StringComparison.Ordinal));
        Assert.Contains(Values(lines, "RUN"), value => value.Contains("eng/publish --unchecked /out", StringComparison.Ordinal));
    }

    [Fact]
    public void TheContext_HoldsWhatABuildNeeds_AndNoSecret()
    {
        var ignored = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] needed = ["src", "eng", "global.json", "Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", ".editorconfig"];
        Assert.All(needed, name => Assert.True(Repository.Files.Any(file => file == name || file.StartsWith(name + "/", StringComparison.Ordinal)), name));
        Assert.Empty(needed.Intersect(ignored));
        Assert.All((string[])["**/.env", "artifacts", ".git", "data"], name => Assert.Contains(name, ignored));
    }

    [Theory]
    [InlineData(".github/workflows/ci.yml")]
    [InlineData(".github/workflows/release.yml")]
    public void AWorkflow_RunsTheWholeOfCi_AndForgivesNothing(string file)
    {
        var text = Repository.Read(file);
        var test = Jobs(text)["test"];
        Assert.Contains("- run: .ci/run", test, StringComparison.Ordinal);
        Assert.DoesNotContain("|| true", text, StringComparison.Ordinal);
        Assert.DoesNotContain("continue-on-error", text, StringComparison.Ordinal);
        Assert.DoesNotContain("if:", test, StringComparison.Ordinal);
        Assert.All(Uses().Matches(text), match => Assert.Matches(@"@v\d+$", match.Value.Trim()));
    }

    [Fact]
    public void ARelease_PushesAndDeploysNothing_ThatDidNotPassTheTests()
    {
        var jobs = Jobs(Repository.Read(".github/workflows/release.yml"));
        Assert.Contains("deploy/cloud-run/deploy", jobs["deploy"], StringComparison.Ordinal);
        Assert.Contains("push: true", jobs["images"], StringComparison.Ordinal);
        foreach (var (name, text) in jobs.Where(job => job.Key != "test"))
        {
            Assert.True(Needs(text).Contains("test"), $"{name} does not need test.");
            // always() and failure() run a job although what it needs has failed.
            Assert.DoesNotMatch(@"if:.*(always|failure|cancelled)\(", text);
        }

        Assert.Contains("images", Needs(jobs["deploy"]));
    }

    [Fact]
    public async Task CloudRun_IsFilledInWhole_AndGivesAStopItsTime()
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "deploy/cloud-run/deploy"), "--dry-run"]) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var name in (string[])["PROJECT", "REGION", "IMAGE", "WORKER_IMAGE", "SERVICE_ACCOUNT", "SQL_INSTANCE", "PUBLIC_URL"]) start.Environment[name] = $"the/{name}&more";
        using var script = Process.Start(start)!;
        var filled = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        Assert.Equal(0, script.ExitCode);
        Assert.Contains("image: the/IMAGE&more\n", filled, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\{[A-Z_]+\}", filled);
        // The loops behind the API work while nobody calls.
        Assert.Contains("run.googleapis.com/cpu-throttling: \"false\"", filled, StringComparison.Ordinal);
        Assert.Matches("autoscaling.knative.dev/minScale: \"[1-9]", filled);
        Assert.True(Seconds(filled, "ROUSE_DRAIN_DELAY_SECONDS") + Seconds(filled, "ROUSE_SHUTDOWN_TIMEOUT_SECONDS") < 10, "Cloud Run kills 10 s after SIGTERM.");
        foreach (var secret in (string[])["ROUSE_DATABASE", "ROUSE_MASTER_KEY", "ROUSE_ADMIN_KEY"]) Assert.Matches($"name: {secret}\n +value: sm://", filled);
    }

    [Fact]
    public void Kubernetes_RunsAWorkerWithoutRights_ProbesIt_AndGivesItsJobTime()
    {
        var text = Repository.Read("deploy/kubernetes/worker.yaml");
        foreach (var line in (string[])["runAsNonRoot: true", "runAsUser: 10001", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]", "automountServiceAccountToken: false", "type: RuntimeDefault"])
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
        }

        var port = Regex.Match(text, "name: ROUSE_HEALTH_PORT\n +value: \"(?<port>\\d+)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups["port"].Value;
        Assert.Contains($"containerPort: {port}", text, StringComparison.Ordinal);
        foreach (var path in (string[])["/livez", "/readyz"]) Assert.Contains($"path: {path}", text, StringComparison.Ordinal);
        // Keys come from a secret, never from the file.
        Assert.DoesNotMatch("name: \\w*(KEY|TOKEN|SECRET)\\w*\n +value: ", text);
        // Between a SIGTERM and the end a job runs to its end and its result is sent.
        var grace = int.Parse(Regex.Match(text, "terminationGracePeriodSeconds: (?<seconds>\\d+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups["seconds"].Value, CultureInfo.InvariantCulture);
        Assert.True(grace >= 600, "A job may take ten minutes.");
    }

    [Fact]
    public void EveryVariableADeploymentSets_IsOneThatTheServerReads()
    {
        // The server's own, and what it hands on to its workers; else the names of a worker that stands alone.
        var known = Repository.Read(".env.example");
        var workers = string.Concat(Repository.Files.Where(file => file.StartsWith("src/Rouse.Contracts/Workers/", StringComparison.Ordinal)).Select(Repository.Read));
        var files = Repository.Files.Where(file => file.StartsWith("deploy/", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 5);
        foreach (var file in files)
        {
            foreach (var name in Variables().Matches(Repository.Read(file)).Select(match => match.Value).Distinct(StringComparer.Ordinal))
            {
                var isKnown = known.Contains($"\n#{name}=", StringComparison.Ordinal) || workers.Contains($"\"{name}\"", StringComparison.Ordinal);
                Assert.True(isKnown, $"{file} names {name}, which is neither in .env.example nor a worker's.");
            }
        }
    }

    /// <summary>The SDK's generation, such as 10.0.</summary>
    private static string Sdk() => VersionText().Match(Repository.Read("global.json")).Groups["version"].Value;

    private static int Seconds(string yaml, string name) =>
        int.Parse(Regex.Match(yaml, $"name: {name}\n +value: \"(?<seconds>\\d+)\"", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups["seconds"].Value, CultureInfo.InvariantCulture);

    /// <summary>Without comments, continued lines made one.</summary>
    private static List<string> Instructions(string text) =>
        [.. string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('#'))).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static IEnumerable<string> Values(IEnumerable<string> lines, string instruction) =>
        lines.Where(line => line.StartsWith(instruction + " ", StringComparison.Ordinal)).Select(line => line[(instruction.Length + 1)..].Trim());

    /// <summary>The jobs of a workflow with their text: what stands two deep under <c>jobs:</c>.</summary>
    private static Dictionary<string, string> Jobs(string workflow)
    {
        var body = workflow[workflow.IndexOf("\njobs:\n", StringComparison.Ordinal)..];
        var heads = JobHeads().Matches(body);
        return heads.Select((head, at) => (head.Groups["name"].Value, Text: body[head.Index..(at + 1 < heads.Count ? heads[at + 1].Index : body.Length)]))
            .ToDictionary(job => job.Value, job => job.Text, StringComparer.Ordinal);
    }

    private static string[] Needs(string job) => NeedsText().Match(job).Groups["names"].Value.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("KEY|TOKEN|SECRET|PASSWORD", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretNames();

    [GeneratedRegex(@"(?<=uses: )\S+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Uses();

    [GeneratedRegex(@"^  (?<name>\w+):$", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex JobHeads();

    [GeneratedRegex(@"^    needs: \[(?<names>[^\]]*)\]$", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NeedsText();

    [GeneratedRegex(@"\b(?:ROUSE|RUNPOD|GCP|HF)_[A-Z][A-Z0-9_]*\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variables();

    [GeneratedRegex("\"version\": *\"(?<version>\\d+\\.\\d+)\\.", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionText();
}
