using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Secrets;

namespace Rouse.Server.Tests.Deployments;

/// <summary>What a deployment is for and what runs it: C17 of the first source, a task accepted that no worker serves.</summary>
public sealed class EngineFieldsTests
{
    private static readonly Dictionary<string, ProviderTraits> s_providers = new(StringComparer.Ordinal)
    {
        ["local"] = new ProviderTraits { Kind = "local" }, ["runpod"] = new ProviderTraits { Kind = "runpod", SellsGpus = true, HasOwnQueue = true },
        ["external"] = new ProviderTraits { Kind = "external", ServesModels = false },
    };

    [Fact]
    public void WithoutAWord_ItIsAPictureOfAText_ByTheOneEngineThereIs()
    {
        var parsed = Parse(new CreateDeploymentRequest { HfModelId = "a/b" });
        Assert.Equal((ModelTask.TextToImage, null, WorkerEngine.Onnx), (parsed.Spec!.Task, parsed.Spec.Engine, parsed.Engine));
    }

    [Theory]
    [InlineData("image2img", null, "task", "local here run onnx, which does not serve image2img. Of all engines diffusers, a1111, process serve it.", "ROUSE_ENGINES")]
    [InlineData("text2video", "onnx", "task", "The engine onnx does not serve text2video. Of all engines diffusers, process serve it.", "ROUSE_ENGINES")]
    [InlineData(null, "diffusers", "engine", "The workers of local here run onnx.", "ROUSE_ENGINES")]
    [InlineData("text2song", null, "task", "text2img, image2img, text2video, text2speech, speech2text", "Must be")]
    [InlineData(null, "vllm", "engine", "auto, onnx, diffusers, a1111, process", "Must be")]
    public void WhatNoWorkerHereServes_IsRefused_WithWhatWouldServeIt(string? task, string? engine, string field, string why, string next)
    {
        var parsed = Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "local", Task = task, Engine = engine });
        Assert.Null(parsed.Spec);
        Assert.Equal([field], parsed.Faults.Keys);
        Assert.Contains(why, parsed.Faults[field], StringComparison.Ordinal);
        Assert.Contains(next, parsed.Faults[field], StringComparison.Ordinal);
    }

    [Fact]
    public void WhereSeveralCould_TheModelDecides_UnlessTheRequestDoes()
    {
        var offers = new EngineOffers([WorkerEngine.Onnx], [WorkerEngine.Onnx, WorkerEngine.Diffusers]);
        var open = Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod", Engine = "auto" }, offers);
        Assert.Equal((null, null), (open.Spec!.Engine, open.Engine));
        var named = Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod", Engine = "diffusers" }, offers);
        Assert.Equal((WorkerEngine.Diffusers, WorkerEngine.Diffusers), (named.Spec!.Engine, named.Engine));
        var video = Parse(new CreateDeploymentRequest { HfModelId = "a/b", Provider = "runpod", Task = "text-to-video" }, offers);
        Assert.Equal((ModelTask.TextToVideo, null, WorkerEngine.Diffusers), (video.Spec!.Task, video.Spec.Engine, video.Engine));
    }

    [Fact]
    public void AService_RunsNoEngine()
    {
        var service = new CreateDeploymentRequest { Service = new ServiceBody { Upstream = "http://192.0.2.7:9000" } };
        Assert.Null(Parse(service).Engine);
        Assert.NotNull(Parse(service with { Engine = "auto", Task = "text2img" }).Spec);
        Assert.Equal(["engine", "task"], Parse(service with { Engine = "onnx", Task = "text2video" }).Faults.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EveryWordOfTheDocument_IsKnown()
    {
        Assert.All(Words(nameof(CreateDeploymentRequest.Task)), word => Assert.True(ModelTasks.TryParse(word, out _), word));
        Assert.All(Words(nameof(CreateDeploymentRequest.Engine)), word => Assert.True(word == DeploymentWords.Auto || WorkerEngines.TryParse(word, out _), word));
        Assert.Equal(ModelTasks.All.Select(task => task.Word()), DeploymentWords.Tasks);
        Assert.Equal(WorkerEngines.All.Select(engine => engine.Word()).Prepend(DeploymentWords.Auto), DeploymentWords.Engines);

        static IEnumerable<string> Words(string member) =>
            typeof(CreateDeploymentRequest).GetProperty(member)!.GetCustomAttribute<AllowedValuesAttribute>()!.Values.Cast<string>();
    }

    private static ParsedDeployment Parse(CreateDeploymentRequest request, EngineOffers? offers = null)
    {
        var choices = new DeploymentChoices(s_providers, "local", HasRunpodKey: true, AllowFolders: true);
        return new DeploymentParser(offers is null ? choices : choices with { Engines = offers }, new AccountNames(new byte[32])).Parse(request);
    }
}
