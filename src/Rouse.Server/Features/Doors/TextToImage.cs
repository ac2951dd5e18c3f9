using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts.Doors;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Doors;

/// <summary><c>POST /sdapi/v1/txt2img</c>, as Automatic1111's web UI has it.</summary>
internal sealed class TextToImage(DoorDeployments deployments, DoorJobs jobs)
{
    private const string Checkpoint = "override_settings.sd_model_checkpoint";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/sdapi/v1/txt2img", static (HttpContext context, TextToImage door) => door.HandleAsync(context, named: null)).Needs(Scope.Run)
        .WithName("textToImage").WithSummary("Automatic1111's txt2img: makes pictures with the deployment that `override_settings.sd_model_checkpoint` names")
        .WithDescription("Without a checkpoint it is your only deployment. Held until the pictures are there, also while the deployment starts or wakes; a caller that leaves takes its job back.")
        .WithHeader("Prefer", ParameterRules.Text(0, 200), "`wait=N`: at most N seconds; 600 when left out.")
        .Accepts<DiffusionRequest>("application/json").Produces<DiffusionReply>().WithErrors(ErrorShape.Diffusion)
        .Refuses([DoorErrors.Unprocessable, .. DoorErrors.OfModels, .. DoorErrors.OfJobs]);

    /// <param name="named">The deployment of the path; null where the body names it.</param>
    public async Task<IResult> HandleAsync(HttpContext context, DeploymentId? named)
    {
        var (fields, refusal) = await DoorBody.ReadAsync(context, DoorErrors.Unprocessable);
        if (fields is null) return refusal!;
        var word = DiffusionOrder.Checkpoint(fields);
        if (DiffusionOrder.Read(fields) is not { } order) return DoorErrors.Of(DoorErrors.Unprocessable, fields.Fault!.Value.Message, fields.Fault.Value.Member);
        var tenant = CallerFilter.TenantOf(context);
        DeploymentState? deployment;
        if (named is { } id) deployment = await deployments.GetAsync(tenant, id, context.RequestAborted);
        else (deployment, refusal) = await deployments.FindAsync(tenant, word, Checkpoint, context.RequestAborted);
        if (deployment is null) return refusal ?? Problems.Result(ErrorCode.DeploymentNotFound, "You have no deployment of this id.");
        (var done, refusal) = await jobs.RunAsync(context, deployment, order, DoorErrors.Unprocessable);
        return done is null ? refusal! : new JobReply(Write(order, deployment, done, fields.Flag("send_images") ?? true));
    }

    private static byte[] Write(ImageOrder order, DeploymentState deployment, IReadOnlyList<DoorPictures> done, bool withPictures)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("images");
            if (withPictures) foreach (var picture in done.SelectMany(one => one.All)) picture.WriteTo(json);
            json.WriteEndArray();
            json.WritePropertyName("parameters");
            WriteSettings(json, order, done, isInfo: false, deployment);
            json.WriteString("info", Info(order, deployment, done));
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>JSON within a text, as its clients parse it.</summary>
    private static string Info(ImageOrder order, DeploymentState deployment, IReadOnlyList<DoorPictures> done)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) WriteSettings(json, order, done, isInfo: true, deployment);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteSettings(Utf8JsonWriter json, ImageOrder order, IReadOnlyList<DoorPictures> done, bool isInfo, DeploymentState deployment)
    {
        var first = done[0];
        var seeds = done.SelectMany(one => one.All).Select(picture => picture.Seed ?? -1).ToArray();
        json.WriteStartObject();
        json.WriteString("prompt", order.Prompt);
        json.WriteString("negative_prompt", order.NegativePrompt ?? "");
        json.WriteNumber("seed", isInfo ? seeds[0] : order.Seed ?? -1);
        Number("steps", first.Number("num_inference_steps") ?? order.Steps);
        Number("cfg_scale", first.Number("guidance_scale") ?? order.Guidance);
        Number("width", first.Number("width") ?? order.Width);
        Number("height", first.Number("height") ?? order.Height);
        json.WriteString("sampler_name", (first.Word("scheduler") ?? order.Scheduler) is { } scheduler ? DiffusionOrder.SamplerName(scheduler) : null);
        json.WriteNumber("batch_size", isInfo ? seeds.Length : order.Images);
        if (isInfo)
        {
            Texts("all_prompts", seeds.Select(_ => order.Prompt));
            Texts("all_negative_prompts", seeds.Select(_ => order.NegativePrompt ?? ""));
            json.WriteStartArray("all_seeds");
            foreach (var seed in seeds) json.WriteNumberValue(seed);
            json.WriteEndArray();
            json.WriteString("sd_model_name", deployment.Spec.Name ?? deployment.Spec.Model.Id);
            json.WriteNumber("index_of_first_image", 0);
            Texts("infotexts", seeds.Select(seed => InfoText(order, first, seed, deployment)));
        }

        json.WriteEndObject();

        void Number(string name, double? value)
        {
            if (value is { } number) json.WriteNumber(name, number);
            else json.WriteNull(name);
        }

        void Texts(string name, IEnumerable<string> texts)
        {
            json.WriteStartArray(name);
            foreach (var text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
        }
    }

    /// <summary>The line that its gallery shows under a picture.</summary>
    private static string InfoText(ImageOrder order, DoorPictures made, long seed, DeploymentState deployment)
    {
        var negative = order.NegativePrompt is { Length: > 0 } text ? $"\nNegative prompt: {text}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{order.Prompt}{negative}\nSteps: {made.Number("num_inference_steps")}, Sampler: {DiffusionOrder.SamplerName(made.Word("scheduler") ?? "")}, CFG scale: {made.Number("guidance_scale")}, Seed: {seed}, Size: {made.Number("width")}x{made.Number("height")}, Model: {deployment.Spec.Name ?? deployment.Spec.Model.Id}");
    }
}
