using Rouse.Contracts.Workers;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Tests.Host;

/// <summary>What the operator gives workers besides: read whole, never in the way of what the server sets, told by names only.</summary>
public sealed class OperatorVariablesTests
{
    private static readonly RouseHostOptions s_options = new() { DataFolder = "/nowhere" };

    [Fact]
    public void AnObjectOfTexts_IsRead_AndNothingIsNoVariable()
    {
        var read = OperatorVariables.Parse("ROUSE_WORKER_ENV", """{"ROUSE_PROCESS_COMMAND":"python3 serve.py","MODE":"fast"}""");
        Assert.Equal(["MODE", "ROUSE_PROCESS_COMMAND"], read.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("python3 serve.py", read["ROUSE_PROCESS_COMMAND"].Reveal(SecretPurpose.WorkerEnvironment));
        Assert.Empty(OperatorVariables.Parse("ROUSE_WORKER_ENV", " "));
    }

    [Theory]
    [InlineData("hidden-value")]
    [InlineData("[\"hidden-value\"]")]
    [InlineData("{\"A\":\"hidden-value\",\"A\":\"b\"}")]
    [InlineData("{\"A\":{\"b\":\"hidden-value\"}}")]
    [InlineData("{\"A\":\"\"}")]
    [InlineData("{\"A\":1}")]
    public void WhatIsNoSuchObject_IsRefused_WithTheVariablesName_AndWithoutWhatIsInIt(string json)
    {
        var refused = Assert.Throws<RouseHostException>(() => OperatorVariables.Parse("ROUSE_WORKER_ENV", json));
        Assert.StartsWith("ROUSE_WORKER_ENV", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-value", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WorkerVariables.CallbackSecret)]
    [InlineData(WorkerVariables.Engine)]
    [InlineData(WorkerVariables.Task)]
    [InlineData(WorkerVariables.HubToken)]
    [InlineData(WorkerVariables.ModelCache)]
    [InlineData(WorkerVariables.Owner)]
    [InlineData("RUNPOD_AI_API_KEY")]
    [InlineData("ROUSE_LOCAL_PID")]
    [InlineData("1ST")]
    [InlineData("A=B")]
    public async Task WhatTheServerSetsItself_EndsTheStart_WithItsName(string name)
    {
        var options = s_options with { WorkerVariables = Of(name) };
        var refused = await Assert.ThrowsAsync<RouseHostException>(() => RouseHost.StartAsync(options with { DataFolder = Path.Combine(Path.GetTempPath(), "rouse-never-made"), Port = 0 }));
        Assert.Contains("ROUSE_WORKER_ENV", refused.Message, StringComparison.Ordinal);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Path.GetTempPath(), "rouse-never-made")));
    }

    [Fact]
    public void AtAProvider_ItsOwnGoBeforeThoseOfAll_AndTheCacheIsTheImages()
    {
        var variables = OperatorVariables.Of(s_options with
        {
            WorkerVariables = Of("MODE", "SHARED"), Runpod = new RunpodHostOptions { WorkerVariables = Of("MODE", WorkerVariables.ModelCache) },
        });
        Assert.Equal(["MODE", "SHARED"], variables.Local.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["MODE", WorkerVariables.ModelCache, "SHARED"], variables.Remote.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["MODE", WorkerVariables.ModelCache], variables.Foreign.Keys.Order(StringComparer.Ordinal));
        Assert.Throws<RouseHostException>(() => OperatorVariables.Of(s_options with { Runpod = new RunpodHostOptions { WorkerVariables = Of(WorkerVariables.Attempt) } }));
    }

    [Fact]
    public void PlainSettings_AreLeftInLogs_AndWhatIsASecretIsNot()
    {
        var variables = OperatorVariables.Of(s_options with
        {
            WorkerVariables = new Dictionary<string, Secret> { ["ROUSE_PROCESS_HEALTH_PATH"] = new("/health"), ["ROUSE_PROCESS_KEY"] = new("opensesame") },
        });
        var mask = new Rouse.Contracts.Secrecy.SecretMask(variables.Values.Select(static value => value.Reveal(SecretPurpose.Masking)));
        Assert.Equal("up when /health answers 2xx to ***", mask.Apply("up when /health answers 2xx to opensesame"));
    }

    private static Dictionary<string, Secret> Of(params string[] names) => names.ToDictionary(name => name, name => new Secret("value of " + name), StringComparer.Ordinal);
}
