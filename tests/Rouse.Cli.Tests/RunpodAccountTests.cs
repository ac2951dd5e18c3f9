using Rouse.Cli.Commands.Local;
using Rouse.Core.Models;
using Rouse.Server;

namespace Rouse.Cli.Tests;

/// <summary>Which Runpod account a server gets from its environment.</summary>
public sealed class RunpodAccountTests
{
    private const string Key = "rpa_a_key_of_somebody";

    [Fact]
    public void NothingSet_OffersNoRunpod() => Assert.Null(Read());

    [Fact]
    public void EverythingSet_IsTaken()
    {
        var account = Read(
            ("RUNPOD_API_KEY", Key), ("ROUSE_RUNPOD_IMAGE", "me/worker:1"), ("RUNPOD_TEMPLATE_ID", "abc"), ("ROUSE_RUNPOD_WEIGHTS", "safetensors"),
            ("RUNPOD_API_URL", "http://localhost:1"), ("RUNPOD_JOBS_URL", "http://localhost:2/v2"));
        Assert.Equal(
            new RunpodHostOptions
            {
                ApiKey = Key, Image = "me/worker:1", TemplateId = "abc", Weights = WorkerWeights.Safetensors,
                ApiUrl = new Uri("http://localhost:1"), JobsUrl = new Uri("http://localhost:2/v2"),
            },
            account);
    }

    [Fact]
    public void AnImageAlone_OffersRunpodToCallersWithKeys() =>
        Assert.Equal(new RunpodHostOptions { Image = "me/worker:1" }, Read(("ROUSE_RUNPOD_IMAGE", "me/worker:1"), ("RUNPOD_API_KEY", " ")));

    [Fact]
    public void Engines_TheirImagesAndVariables_AreTaken()
    {
        var account = Read(
            ("ROUSE_RUNPOD_IMAGE", "me/worker:1"), ("ROUSE_RUNPOD_ENGINES", "onnx, process"), ("ROUSE_RUNPOD_IMAGE_DIFFUSERS", "me/diffusers:2"), ("ROUSE_RUNPOD_WORKER_ENV", """{"MODE":"fast"}"""))!;
        Assert.Equal([WorkerEngine.Onnx, WorkerEngine.Process], account.Engines);
        Assert.Equal([new KeyValuePair<WorkerEngine, string>(WorkerEngine.Diffusers, "me/diffusers:2")], account.EngineImages);
        Assert.Equal(["MODE"], account.WorkerVariables.Keys);
        Assert.NotNull(Read(("ROUSE_RUNPOD_IMAGE_A1111", "me/webui:1"), ("RUNPOD_API_KEY", Key)));
    }

    [Fact]
    public void EnginesOfThisMachine_AreReadFromTheirList_AndOnnxWithoutOne()
    {
        var standard = new RouseHostOptions { DataFolder = "here" };
        Assert.Equal([WorkerEngine.Onnx], EngineEnvironment.Complete(standard, _ => null).Engines);
        Assert.Equal([WorkerEngine.Process, WorkerEngine.Onnx], EngineEnvironment.Complete(standard, name => name == "ROUSE_ENGINES" ? "process,onnx,,process" : null).Engines);
        foreach (var wrong in new[] { "torch", "," })
        {
            var refused = Assert.Throws<RouseHostException>(() => EngineEnvironment.Complete(standard, name => name == "ROUSE_ENGINES" ? wrong : null));
            Assert.StartsWith("ROUSE_ENGINES", refused.Message, StringComparison.Ordinal);
            Assert.Contains("onnx, diffusers, a1111, process", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AVariableOfTheServersOwn_GivenToWorkers_EndsTheStart_WithItsName_AndWithoutItsValue()
    {
        using var cli = new Cli();
        var ended = await cli.With("ROUSE_WORKER_ENV", """{"HF_TOKEN":"hidden-value"}""").RunAsync("serve", "--port", "0", "--data", "here");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("ROUSE_WORKER_ENV sets HF_TOKEN", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-value", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ROUSE_RUNPOD_ENGINES", "torch", "onnx, diffusers, a1111, process")]
    [InlineData("ROUSE_RUNPOD_WORKER_ENV", "MODE=fast", "JSON object")]
    [InlineData("ROUSE_RUNPOD_WEIGHTS", "pickle", "onnx or safetensors")]
    [InlineData("RUNPOD_API_URL", "api.runpod.io", "https://api.runpod.io")]
    [InlineData("RUNPOD_JOBS_URL", "file:///etc", "https://api.runpod.ai/v2")]
    public void WhatCannotBeRead_IsSaidWithWhatCan(string name, string value, string help)
    {
        var refused = Assert.Throws<RouseHostException>(() => Read(("ROUSE_RUNPOD_IMAGE", "me/worker:1"), (name, value)));
        Assert.StartsWith(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(help, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyWithNothingToRun_EndsTheStartWithWhatToSet_AndWithoutTheKey()
    {
        using var cli = new Cli();
        var ended = await cli.With("RUNPOD_API_KEY", Key).RunAsync("serve", "--port", "0", "--data", "here");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("ROUSE_RUNPOD_IMAGE", ended.Error, StringComparison.Ordinal);
        Assert.Contains("RUNPOD_TEMPLATE_ID", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, ended.Error, StringComparison.Ordinal);
    }

    private static RunpodHostOptions? Read(params (string Name, string Value)[] variables) =>
        RunpodAccount.FromEnvironment(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
