using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Secrets;

namespace Rouse.Server.Tests.Deployments;

public sealed class DeploymentParserTests
{
    private static readonly Dictionary<string, ProviderTraits> s_providers = new(StringComparer.Ordinal)
    {
        ["local"] = new ProviderTraits { Kind = "local" },
        ["runpod"] = new ProviderTraits { Kind = "runpod", SellsGpus = true, HasOwnQueue = true, KnowsRegion = region => region is "EU" or "EU-RO-1" },
        ["runpod-pods"] = new ProviderTraits { Kind = "runpod-pods", SellsGpus = true },
    };

    private readonly DeploymentParser _parser = Parser();

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
        var strict = Parser(allowFolders: false);
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

    [Fact]
    public void Parse_ForRunpod_NeedsAKeyOfSomebodys_AndKeepsItOutOfTheSpec()
    {
        var request = new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod" };
        Assert.Equal(["user_runpod_key"], _parser.Parse(request).Faults.Keys);
        Assert.Null(Parser(hasRunpodKey: true).Parse(request).Spec!.Account);

        var own = _parser.Parse(request with { UserRunpodKey = "rpa_0123456789" });
        Assert.StartsWith("account-", own.Spec!.Account, StringComparison.Ordinal);
        Assert.DoesNotContain("rpa_", own.Spec.ToString(), StringComparison.Ordinal);
        Assert.Equal(own.Spec.Account, _parser.Parse(request with { UserRunpodKey = "rpa_0123456789" }).Spec!.Account);
        Assert.NotEqual(own.Spec.Account, _parser.Parse(request with { UserRunpodKey = "rpa_9876543210" }).Spec!.Account);
        Assert.Equal(["user_runpod_key"], _parser.Parse(request with { Provider = "local", UserRunpodKey = "rpa_0123456789" }).Faults.Keys);
    }

    [Theory]
    [InlineData("EU-RO-1", true)]
    [InlineData("EU", true)]
    [InlineData("Mars", false)]
    [InlineData("", false)]
    public void Parse_ChecksTheRegionBeforeAnythingIsSpent(string region, bool known) => Assert.Equal(
        known ? [] : ["region"], Parser(hasRunpodKey: true).Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod", Region = region }).Faults.Keys);

    [Fact]
    public void Parse_WithoutAProvider_TakesTheServersDefault_AndThisMachineForAFolder()
    {
        var parser = Parser(hasRunpodKey: true, standard: "runpod");
        Assert.Equal("runpod", parser.Parse(new CreateDeploymentRequest { HfModelId = "a/b" }).Spec!.Provider);
        Assert.Equal("local", parser.Parse(new CreateDeploymentRequest { ModelPath = Path.GetTempPath() }).Spec!.Provider);
        Assert.Equal(["model_path"], parser.Parse(new CreateDeploymentRequest { ModelPath = Path.GetTempPath(), Provider = "runpod" }).Faults.Keys);
    }

    [Fact]
    public void Parse_BoundsWhatRunpodBounds() => Assert.Equal(
        ["drift", "workers.idle_timeout_seconds"],
        Parser(hasRunpodKey: true).Parse(new CreateDeploymentRequest
        {
            HfModelId = "a/b", Provider = "runpod", Drift = "ignore", Workers = new WorkerScalingBody { IdleTimeoutSeconds = 3601 },
        }).Faults.Keys);

    [Theory]
    [InlineData(null, null, 0, 0, null)]
    [InlineData("on_demand", null, 0, 0, null)]
    [InlineData("always_on", null, 1, 0, null)]
    [InlineData("scheduled", null, 0, 1, null)]
    [InlineData("always_on", "09-21", 1, 0, "workers.schedule")]
    [InlineData("scheduled", "9-21", 0, 1, "workers.schedule.hours")]
    [InlineData("often", null, 0, 0, "workers.pool")]
    public void Parse_ReadsThePool(string? pool, string? hours, int min, int warm, string? fault)
    {
        var body = new WorkerScalingBody { Pool = pool, Schedule = hours is null ? null : new WarmScheduleBody { Hours = hours } };
        var parsed = Parser(hasRunpodKey: true).Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod", Workers = body });
        Assert.Equal(fault is null ? [] : [fault], parsed.Faults.Keys);
        if (parsed.Spec is { } spec) Assert.Equal((min, warm), (spec.Workers.Min, spec.Workers.Warm?.Workers ?? 0));
    }

    [Fact]
    public void Parse_ReadsTheSchedule_AndChecksEachOfItsMembers()
    {
        var good = new WarmScheduleBody { Hours = "22:30-06", TimeZone = "Europe/Istanbul", Days = "mon-fri", Workers = 2 };
        var body = new WorkerScalingBody { Max = 2, Pool = "scheduled", Schedule = good };
        var warm = Parser().Parse(new CreateDeploymentRequest { HfModelId = "a/b", Workers = body }).Spec!.Workers.Warm!;
        Assert.Equal(("22:30-06:00", "mon,tue,wed,thu,fri", "Europe/Istanbul", 2), (WarmHours.Text(warm), warm.Days.Text(), warm.TimeZone, warm.Workers));

        body = body with { Schedule = new WarmScheduleBody { Hours = "?", TimeZone = "Mars/Olympus", Days = "?", Workers = 3 } };
        Assert.Equal(
            ["workers.schedule.days", "workers.schedule.hours", "workers.schedule.time_zone", "workers.schedule.workers"],
            Parser().Parse(new CreateDeploymentRequest { HfModelId = "a/b", Workers = body }).Faults.Keys);
    }

    [Fact]
    public void Parse_RefusesASchedule_WhereNothingCanBePutToSleep() => Assert.Equal(
        ["workers.pool"],
        Parser(hasRunpodKey: true).Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod-pods", Workers = new WorkerScalingBody { Pool = "scheduled" } }).Faults.Keys);

    [Fact]
    public void Parse_TakesTheOperatorsPool_UnlessTheRequestOrItsAccountSaysOtherwise()
    {
        var pools = WarmPools.Parse(new WarmPoolHostOptions { AlwaysOnModels = "a/b, c/d", ScheduledModels = "e/f", Hours = "08-10", TimeZone = "Europe/Istanbul" });
        var parser = new DeploymentParser(new DeploymentChoices(s_providers, "runpod", HasRunpodKey: true, AllowFolders: false) { Pools = pools }, new AccountNames(new byte[32]));
        Assert.Equal(1, Workers(new CreateDeploymentRequest { HfModelId = "c/d" }).Min);
        Assert.Equal("08:00-10:00", WarmHours.Text(Workers(new CreateDeploymentRequest { HfModelId = "e/f" }).Warm!));
        Assert.Equal(0, Workers(new CreateDeploymentRequest { HfModelId = "A/b" }).Min);
        Assert.Equal(0, Workers(new CreateDeploymentRequest { HfModelId = "a/b", Workers = new WorkerScalingBody { Pool = "on_demand" } }).Min);
        Assert.Equal(0, Workers(new CreateDeploymentRequest { HfModelId = "a/b", Workers = new WorkerScalingBody { Min = 0 } }).Min);
        Assert.Equal(0, Workers(new CreateDeploymentRequest { HfModelId = "a/b", UserRunpodKey = "rpa_0123456789" }).Min);

        WorkerScaling Workers(CreateDeploymentRequest request) => parser.Parse(request).Spec!.Workers;
    }

    private static DeploymentParser Parser(bool allowFolders = true, bool hasRunpodKey = false, string standard = "local") =>
        new(new DeploymentChoices(s_providers, standard, hasRunpodKey, allowFolders), new AccountNames(new byte[32]));
}
