using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Server.Features.Deployments;

namespace Rouse.Server.Tests.Deployments;

public sealed class DeploymentParserTests
{
    private readonly DeploymentParser _parser = new(new HashSet<string>(StringComparer.Ordinal) { "local" }, allowFolders: true);

    [Fact]
    public void Parse_WithTheModelAlone_TakesTheStatedDefaults()
    {
        var spec = _parser.Parse(new CreateDeploymentRequest { HfModelId = "stabilityai/sd-turbo" }).Spec!;
        Assert.Equal("hf:stabilityai/sd-turbo", spec.Model.ToString());
        Assert.Equal("local", spec.Provider);
        Assert.Equal(CacheScope.Off, spec.Cache);
        Assert.Equal(new WorkerScaling { Min = 0, Max = 1, IdleTimeout = TimeSpan.FromSeconds(300), StartTimeout = TimeSpan.FromSeconds(1800), ScalerValue = 4 }, spec.Workers);
    }

    [Fact]
    public void Parse_NamesEveryFaultAtOnce()
    {
        var parsed = _parser.Parse(new CreateDeploymentRequest
        {
            HfModelId = "../../etc/passwd",
            Name = "-x",
            Provider = "moon",
            GpuTier = "A9000",
            Region = "US",
            Task = "text2song",
            CacheScope = "everywhere",
            HfToken = "hf_ with blank",
            UserWebhookUrl = "ftp://example.test/x",
            Workers = new WorkerScalingBody { Min = -1, Max = 65, IdleTimeoutSeconds = 0, StartTimeoutSeconds = 100_000, ScalerType = "VIBES", ScalerValue = double.NaN },
        });
        Assert.Null(parsed.Spec);
        Assert.Equal(
            [
                "cache_scope", "gpu_tier", "hf_model_id", "hf_token", "name", "provider", "region", "task", "user_webhook_url", "workers.idle_timeout_seconds",
                "workers.max", "workers.min", "workers.scaler_type", "workers.scaler_value", "workers.start_timeout_seconds",
            ],
            parsed.Faults.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("hf_ with blank", parsed.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NeedsExactlyOneModel()
    {
        Assert.Contains("hf_model_id", _parser.Parse(new CreateDeploymentRequest()).Faults.Keys);
        Assert.Contains("hf_model_id", _parser.Parse(new CreateDeploymentRequest { HfModelId = "a/b", ModelPath = "/tmp" }).Faults.Keys);
    }

    [Theory]
    [InlineData("relative/path")]
    [InlineData("/tmp/../etc")]
    [InlineData("/there/is/no/such/folder")]
    [InlineData("/tmp/\0x")]
    public void Parse_RefusesFoldersThatAreNotPlainlyThere(string path) =>
        Assert.Contains("model_path", _parser.Parse(new CreateDeploymentRequest { ModelPath = path }).Faults.Keys);

    [Fact]
    public void Parse_WhenFoldersAreNotAllowed_DoesNotTellWhichExist()
    {
        var strict = new DeploymentParser(new HashSet<string>(StringComparer.Ordinal) { "local" }, allowFolders: false);
        var there = strict.Parse(new CreateDeploymentRequest { ModelPath = Path.GetTempPath() }).Faults["model_path"];
        var absent = strict.Parse(new CreateDeploymentRequest { ModelPath = "/there/is/no/such/folder" }).Faults["model_path"];
        Assert.Equal(there, absent);
    }

    [Fact]
    public void Parse_MinAboveTheDefaultMax_RaisesTheMax() =>
        Assert.Equal(3, _parser.Parse(new CreateDeploymentRequest { HfModelId = "a/b", Workers = new WorkerScalingBody { Min = 3 } }).Spec!.Workers.Max);

    [Theory]
    [InlineData("https://user:pw@example.test/")]
    [InlineData("//example.test")]
    [InlineData("javascript:alert(1)")]
    public void Parse_RefusesOddWebhookUrls(string url) =>
        Assert.Contains("user_webhook_url", _parser.Parse(new CreateDeploymentRequest { HfModelId = "a/b", UserWebhookUrl = url }).Faults.Keys);
}
