using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Secrets;

namespace Rouse.Server.Tests.Deployments;

public sealed class ServiceParserTests
{
    private static readonly Dictionary<string, ProviderTraits> s_providers = new(StringComparer.Ordinal)
    {
        ["local"] = new ProviderTraits { Kind = "local", ScalesToZero = true },
        ["runpod"] = new ProviderTraits { Kind = "runpod", SellsGpus = true, HasOwnQueue = true, ScalesToZero = true, KnowsRegion = region => region == "EU" },
        ["runpod-pods"] = new ProviderTraits { Kind = "runpod-pods", SellsGpus = true, ServesModels = false, KnowsRegion = region => region == "EU" },
        ["attached-pod"] = new ProviderTraits { Kind = "attached-pod", NeedsKey = true, ServesModels = false },
        ["external"] = new ProviderTraits { Kind = "external", ServesModels = false },
    };

    private static readonly ServiceBody s_image = new() { Image = "ghcr.io/acme/tts:1" };
    private static readonly ServiceBody s_pod = new() { PodId = "abc123" };
    private static readonly ServiceBody s_upstream = new() { Upstream = "https://tts.example.test/v1" };

    [Fact]
    public void Parse_AnImageAlone_TakesTheStatedDefaults()
    {
        var spec = Parse(s_image).Spec!;
        Assert.Equal(new HttpService { Image = "ghcr.io/acme/tts:1" }, spec.Service);
        Assert.Equal(("service:ghcr.io/acme/tts:1", "runpod-pods", false), (spec.Model.ToString(), spec.Provider, spec.Reuse));
        Assert.Equal((1800, 1, 0), (spec.Workers.IdleTimeout.TotalSeconds, spec.Workers.Max, spec.Workers.Min));
    }

    [Fact]
    public void Parse_InfersTheProviderFromWhatIsNamed()
    {
        Assert.Equal("runpod-pods", Parse(s_image).Spec!.Provider);
        Assert.Equal("attached-pod", Parse(s_pod).Spec!.Provider);
        Assert.Equal("external", Parse(s_upstream).Spec!.Provider);
    }

    [Fact]
    public void Parse_TakesAnImageWhereEndpointsAreMadeOfIt_WithTheirBounds()
    {
        var spec = Parser().Parse(new CreateDeploymentRequest { Service = s_image, Provider = "runpod", Workers = new WorkerScalingBody { Max = 4 } }).Spec!;
        Assert.Equal(("runpod", 4, 1800, false), (spec.Provider, spec.Workers.Max, (int)spec.Workers.IdleTimeout.TotalSeconds, spec.Reuse));
        var faults = Parser().Parse(new CreateDeploymentRequest { Service = s_image, Provider = "runpod", Workers = new WorkerScalingBody { IdleTimeoutSeconds = 3601 } }).Faults;
        Assert.Equal(["workers.idle_timeout_seconds"], faults.Keys);
        Assert.Equal(["provider"], Parser().Parse(new CreateDeploymentRequest { Service = s_upstream, Provider = "runpod" }).Faults.Keys);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("external")]
    [InlineData("attached-pod")]
    public void Parse_RefusesAProviderThatCannotRunWhatIsNamed(string provider) =>
        Assert.Equal(["provider"], Parser().Parse(new CreateDeploymentRequest { Service = s_image, Provider = provider }).Faults.Keys);

    [Theory]
    [InlineData("external")]
    [InlineData("attached-pod")]
    [InlineData("runpod-pods")]
    public void Parse_RefusesAModelWhereNoWorkerOfOursCanRun(string provider)
    {
        var faults = Parser().Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = provider }).Faults;
        Assert.Equal("Must be one of: local, runpod.", faults["provider"]);
    }

    [Fact]
    public void Parse_NeedsExactlyOneOfAModelAndAService()
    {
        Assert.Contains("hf_model_id", Parser().Parse(new CreateDeploymentRequest { HfModelId = "a/b", Service = s_image }).Faults.Keys);
        Assert.Contains("hf_model_id", Parser().Parse(new CreateDeploymentRequest { ModelPath = "/tmp", Service = s_upstream }).Faults.Keys);
        Assert.Contains("service", Parse(new ServiceBody()).Faults.Keys);
        Assert.Contains("service", Parse(s_image with { PodId = "abc" }).Faults.Keys);
        Assert.Contains("service", Parse(s_pod with { Upstream = "https://a.test" }).Faults.Keys);
    }

    [Fact]
    public void Parse_NamesEveryFaultOfAServiceAtOnce()
    {
        var parsed = Parser().Parse(new CreateDeploymentRequest
        {
            Service = new ServiceBody
            {
                Image = "two words", Args = "a\u0001b", Env = new Dictionary<string, string>(StringComparer.Ordinal) { ["1A"] = "hush-hush" }, Port = 0, HealthPath = "health?x", Concurrency = 0,
                MaxQueue = -1, MaxQueueBytes = -1, MaxBodyBytes = 0, WakeTimeoutSeconds = 0, BusyTimeoutSeconds = 86_401, ResponseTimeoutSeconds = 0, ProcessPath = "x", MaxRetries = 21,
                RetryDelaySeconds = double.NaN, VramGb = -1, NetworkVolume = "../x", Fallback = "moon",
            },
            HfToken = "hf_0123456789",
            Workers = new WorkerScalingBody { Max = 2 },
        });
        Assert.Null(parsed.Spec);
        Assert.Null(parsed.Variables);
        Assert.Equal(
            [
                "hf_token", "service.args", "service.busy_timeout_seconds", "service.concurrency", "service.env", "service.fallback", "service.health_path", "service.image",
                "service.max_body_bytes", "service.max_queue", "service.max_queue_bytes", "service.max_retries", "service.network_volume", "service.port", "service.process_path",
                "service.response_timeout_seconds", "service.retry_delay_seconds", "service.vram_gb", "service.wake_timeout_seconds", "workers.max",
            ],
            parsed.Faults.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("hush-hush", parsed.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_RefusesForWhatRunsAlready_WhatOnlyAContainerOfOursCouldGet()
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal) { ["A"] = "b" };
        string[] first = ["service.args", "service.env", "service.fallback", "service.network_volume"];
        Assert.Equal([.. first, "service.vram_gb", "workers.max"], Parse(s_pod with { Args = "x", Env = env, VramGb = 8, NetworkVolume = "v", Fallback = "gpu", Port = 8188 }, new WorkerScalingBody { Max = 3 }).Faults.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["gpu_tier", .. first, "service.port", "service.vram_gb"],
            Parser().Parse(new CreateDeploymentRequest { Service = s_upstream with { Args = "x", Env = env, VramGb = 8, NetworkVolume = "v", Fallback = "host", Port = 80 }, GpuTier = "A10" }).Faults.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("ftp://a.test/")]
    [InlineData("https://user:pw@a.test/")]
    [InlineData("https://user@a.test/")]
    [InlineData("https://a.test/?q=1")]
    [InlineData("https://a.test/?")]
    [InlineData("https://a.test/#f")]
    [InlineData("//a.test/")]
    [InlineData("/etc/passwd")]
    [InlineData(" https://a.test/")]
    [InlineData("https://a.test/\tx")]
    [InlineData("")]
    public void Parse_RefusesOddUpstreams(string url) => Assert.Equal(["service.upstream"], Parse(new ServiceBody { Upstream = url }).Faults.Keys);

    [Theory]
    [InlineData("http://127.0.0.1:9000", "http://127.0.0.1:9000/")]
    [InlineData("https://a.test/v1/", "https://a.test/v1")]
    [InlineData("https://a.test:8443/a%20b//", "https://a.test:8443/a%20b")]
    public void Parse_KeepsAnUpstreamWithoutItsLastSlash(string url, string kept) =>
        Assert.Equal(kept, Parse(new ServiceBody { Upstream = url }).Spec!.Service!.Upstream!.AbsoluteUri);

    [Fact]
    public void Parse_KeepsTheNamesOfVariablesInTheSpec_AndTheirValuesOutOfIt()
    {
        var env = new Dictionary<string, string>(StringComparer.Ordinal) { ["TOKEN"] = "hush-hush-1", ["A"] = "", ["MODE"] = "fast" };
        var parsed = Parse(s_image with { Env = env });
        Assert.Equal("A MODE TOKEN", parsed.Spec!.Service!.Variables);
        Assert.DoesNotContain("hush", parsed.Spec.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", parsed.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", (s_image with { Env = env }).ToString(), StringComparison.Ordinal);
        Assert.Equal(env.OrderBy(pair => pair.Key), ServiceVariables.Split(parsed.Variables!, SecretPurpose.WorkerEnvironment).OrderBy(pair => pair.Key));
        Assert.Null(Parse(s_image).Variables);
    }

    [Theory]
    [InlineData(65, 1)]
    [InlineData(1, 16_385)]
    [InlineData(5, 16_384)]
    public void Parse_BoundsVariablesByCountAndByBytes(int count, int length)
    {
        var env = Enumerable.Range(0, count).ToDictionary(i => $"V{i}", _ => new string('x', length), StringComparer.Ordinal);
        Assert.Equal(["service.env"], Parse(s_image with { Env = env }).Faults.Keys);
    }

    [Fact]
    public void Parse_LetsOnlyTheOperatorNamePodsAndVolumesOnTheServersAccount()
    {
        var tenant = new Payer(null, null, IsGuest: false);
        var own = new Payer("account-of-their-own", null, IsGuest: false);
        Assert.Equal(["service.pod_id"], Parser().Parse(new CreateDeploymentRequest { Service = s_pod }, tenant).Faults.Keys);
        Assert.Equal(["service.network_volume"], Parser().Parse(new CreateDeploymentRequest { Service = s_image with { NetworkVolume = "vol1" } }, tenant).Faults.Keys);
        Assert.Equal("account-of-their-own", Parser().Parse(new CreateDeploymentRequest { Service = s_pod }, own).Spec!.Account);
        Assert.StartsWith("account-", Parser().Parse(new CreateDeploymentRequest { Service = s_pod, UserRunpodKey = "rpa_0123456789" }, tenant).Spec!.Account, StringComparison.Ordinal);
        Assert.Null(Parser().Parse(new CreateDeploymentRequest { Service = s_pod }, Payer.Server).Spec!.Account);
    }

    [Fact]
    public void Parse_NeedsAKeyForAPod_AndTakesNoneForAnAddress()
    {
        Assert.Equal(["user_runpod_key"], Parser(hasRunpodKey: false).Parse(new CreateDeploymentRequest { Service = s_pod }).Faults.Keys);
        Assert.Equal(["user_runpod_key"], Parser().Parse(new CreateDeploymentRequest { Service = s_upstream, UserRunpodKey = "rpa_0123456789" }).Faults.Keys);
        Assert.Null(Parser(hasRunpodKey: false).Parse(new CreateDeploymentRequest { Service = s_upstream }, new Payer("account-x", null, IsGuest: true)).Spec!.Account);
    }

    [Fact]
    public void Parse_WithoutRunpod_SaysWhatTheServerIsNotSetUpFor()
    {
        var bare = s_providers.Where(pair => pair.Key is "local" or "external").ToDictionary(StringComparer.Ordinal);
        var parser = new DeploymentParser(new DeploymentChoices(bare, "local", HasRunpodKey: false, AllowFolders: true), new AccountNames(new byte[32]));
        Assert.Contains("runpod-pods", parser.Parse(new CreateDeploymentRequest { Service = s_image }).Faults["provider"], StringComparison.Ordinal);
        Assert.NotNull(parser.Parse(new CreateDeploymentRequest { Service = s_upstream }).Spec);
    }

    [Fact]
    public void Parse_TakesNoCacheForAService_AndNoPoolThatTheOperatorMeantForModels()
    {
        Assert.Equal(["cache_scope"], Parser().Parse(new CreateDeploymentRequest { Service = s_image, CacheScope = "shared" }).Faults.Keys);
        var pools = WarmPools.Parse(new WarmPoolHostOptions { AlwaysOnModels = s_image.Image });
        var parser = new DeploymentParser(new DeploymentChoices(s_providers, "runpod", HasRunpodKey: true, AllowFolders: false) { Pools = pools }, new AccountNames(new byte[32]));
        Assert.Equal(0, parser.Parse(new CreateDeploymentRequest { Service = s_image }).Spec!.Workers.Min);
    }

    [Fact]
    public void View_ShowsAllThatWasAccepted()
    {
        var body = s_image with
        {
            Args = "--fast", Env = new Dictionary<string, string>(StringComparer.Ordinal) { ["B"] = "1", ["A"] = "2" }, Port = 8188, HealthPath = "/ready", Concurrency = 4, MaxQueue = 7, MaxQueueBytes = 8,
            MaxBodyBytes = 9, WakeTimeoutSeconds = 10, BusyTimeoutSeconds = 11, ResponseTimeoutSeconds = 12, ProcessPath = "/go", MaxRetries = 2, RetryDelaySeconds = 0.5, VramGb = 24,
            NetworkVolume = "vol1", Fallback = "gpu",
        };
        var view = ServiceRules.View(Parse(body).Spec!.Service!);
        Assert.Equal(["A", "B"], view.EnvNames);
        Assert.Equal(
            new ServiceView
            {
                Image = s_image.Image, Args = "--fast", EnvNames = view.EnvNames, Port = 8188, HealthPath = "/ready", Concurrency = 4, MaxQueue = 7, MaxQueueBytes = 8, MaxBodyBytes = 9,
                WakeTimeoutSeconds = 10, BusyTimeoutSeconds = 11, ResponseTimeoutSeconds = 12, ProcessPath = "/go", MaxRetries = 2, RetryDelaySeconds = 0.5, VramGb = 24,
                NetworkVolume = "vol1", Fallback = "gpu",
            },
            view);
    }

    private static ParsedDeployment Parse(ServiceBody service, WorkerScalingBody? workers = null) => Parser().Parse(new CreateDeploymentRequest { Service = service, Workers = workers });

    private static DeploymentParser Parser(bool hasRunpodKey = true) =>
        new(new DeploymentChoices(s_providers, "local", hasRunpodKey, AllowFolders: true), new AccountNames(new byte[32]));
}
