using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;
using Rouse.Contracts.Telemetry;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store.Deployments;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;

namespace Rouse.Server.Features.Deployments;

/// <summary><c>POST /v1/deployments</c>: durable before the 202, done afterwards.</summary>
internal static class CreateDeployment
{
    private const string Operation = "POST /v1/deployments";

    /// <summary>How often a caller that polls should; streams are cheaper for both.</summary>
    private const int PollSeconds = 5;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/deployments", HandleAsync).Needs(Scope.Deploy)
        .WithName("createDeployment").WithSummary("Deploy a model").WithDescription("Answers as soon as the request is durable. Follow `stream_url`, or poll.")
        .WithHeader(IdempotencyHeader.Name, IdempotencyHeader.Rule, IdempotencyHeader.Words)
        .Accepts<CreateDeploymentRequest>("application/json").Produces<CreateDeploymentReply>(StatusCodes.Status202Accepted)
        .Refuses(ErrorCode.InvalidRequest, ErrorCode.InvalidParameter, ErrorCode.Unauthorized, ErrorCode.IdempotencyInProgress, ErrorCode.PodAttached, ErrorCode.TooLarge, ErrorCode.UnsupportedMediaType, ErrorCode.IdempotencyMismatch);

    private static async Task<IResult> HandleAsync(
        HttpContext context, DeploymentParser parser, DeploymentStore store, IdempotencyStore keys, Payers payers, DeploymentReader reader, Vault vault, ReconcileLoop loop,
        DeploymentViews views, TimeProvider time)
    {
        var tenant = CallerFilter.TenantOf(context);
        var body = await JsonBody.ReadAsync(context, RouseJson.Default.CreateDeploymentRequest);
        if (body.Problem is { } unreadable) return unreadable;
        if (!IdempotencyHeader.TryRead(context.Request, Operation, body.Bytes, out var key, out var badKey)) return badKey!;
        // Looked up before the body is judged: a repeated request gets the first answer even if the folder it named is gone by now.
        if (key is not null && IdempotencyHeader.Answer(await keys.FindAsync(tenant, key, context.RequestAborted)) is { } repeated) return repeated;

        var parsed = parser.Parse(body.Value!, await payers.OfAsync(CallerFilter.CallerOf(context), body.Value!.UserRunpodKey, context.RequestAborted));
        if (parsed.Spec is not { } spec) return Problems.Result(ErrorCode.InvalidRequest, parsed.Sentence, parsed.Details);
        // Of two that pass here at once the provider keeps the older: this only tells it before anything is waited for.
        if (spec.Service?.PodId is not null && await store.FindLivingAsync(tenant, spec.Model, context.RequestAborted) is { } holder) return Attached(holder);

        var id = DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        var now = time.GetUtcNow();
        var deployment = new NewDeployment
        {
            Id = id,
            Spec = spec,
            Engine = parsed.Engine,
            CreatedAt = now,
            TraceParent = Tracing.TraceParent,
            Secrets = Sealed(vault.Cipher, tenant, id, parsed),
            AccountKey = parsed.ProviderKey is { } own ? vault.Cipher.Seal(tenant, spec.Account!, ProviderKeys.Kind, own) : null,
            WarmKey = parser.CanShare(spec) ? vault.Names.WarmKey(spec, parsed.HubToken) : null,
        };
        string json = "";
        IdempotencyOutcome? outcome = null;
        if (deployment.WarmKey is not null)
        {
            json = JsonSerializer.Serialize(Warm(id, spec, views, now), RouseJson.Default.CreateDeploymentReply);
            outcome = await store.TryInsertSharedAsync(tenant, deployment with { Reply = Recorded(key, json) }, context.RequestAborted);
        }

        if (outcome is null)
        {
            json = JsonSerializer.Serialize(Cold(id, spec, await reader.EstimateAsync(spec, context.RequestAborted), views, now), RouseJson.Default.CreateDeploymentReply);
            outcome = await store.InsertAsync(tenant, deployment with { Reply = Recorded(key, json) }, context.RequestAborted);
        }

        if (IdempotencyHeader.Answer(outcome) is { } raced) return raced;
        loop.Hint(tenant, id);
        context.Response.Headers.Location = views.Path(id);
        return Results.Text(json, "application/json", statusCode: StatusCodes.Status202Accepted);
    }

    private static IResult Attached(DeploymentId holder) => Problems.Result(
        ErrorCode.PodAttached, $"The pod is attached to {holder}, which starts and stops it. Send your requests there, or delete that deployment first.",
        new Dictionary<string, JsonElement>(StringComparer.Ordinal) { ["deployment_id"] = JsonSerializer.SerializeToElement(holder.Value, DetailsJson.Default.String) });

    private static IReadOnlyList<SealedSecret> Sealed(SecretCipher cipher, TenantId tenant, DeploymentId id, ParsedDeployment parsed)
    {
        List<SealedSecret> secrets = [];
        if (parsed.HubToken is { } token) secrets.Add(cipher.Seal(tenant, id.Value, SecretKinds.HubToken, token));
        if (parsed.StoreKeys is { } keys) secrets.Add(cipher.Seal(tenant, id.Value, SecretKinds.StoreKeys, keys.Joined));
        if (parsed.Variables is { } variables) secrets.Add(cipher.Seal(tenant, id.Value, ServiceVariables.Kind, variables));
        return secrets;
    }

    private static RecordedReply? Recorded(IdempotencyKey? key, string json) => key is null ? null : new RecordedReply(key, StatusCodes.Status202Accepted, json);

    /// <summary>A backend that is ready serves this one too: nothing is to be waited for.</summary>
    private static CreateDeploymentReply Warm(DeploymentId id, DeploymentSpec spec, DeploymentViews views, DateTimeOffset now) =>
        Cold(id, spec, new StartEstimate(0, EstimateBasis.Model), views, now) with { Status = "warm_ready", Path = "warm", PollIntervalSeconds = 1, EndpointUrl = views.EndpointUrl(id, Phase.Ready) };

    private static CreateDeploymentReply Cold(DeploymentId id, DeploymentSpec spec, StartEstimate estimate, DeploymentViews views, DateTimeOffset now) => new()
    {
        DeploymentId = id.Value,
        Status = Phase.Accepted.Word(),
        ModelId = DeploymentViews.ModelId(spec),
        EstimatedReadySeconds = estimate.Seconds,
        EstimatedReadyAt = now.AddSeconds(estimate.Seconds),
        EstimateBasis = DeploymentViews.Word(estimate.Basis),
        PollIntervalSeconds = PollSeconds,
        StreamUrl = views.Path(id, "/stream"),
        WebhookUrl = spec.WebhookUrl?.ToString(),
        EndpointUrl = null,
        Path = "cold",
        CreatedAt = now,
    };

    internal sealed record Vault(SecretCipher Cipher, AccountNames Names);
}
