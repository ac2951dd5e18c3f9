using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Costs;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Tests.Fakes;

/// <summary>The <c>/v1/deployments</c> routes.</summary>
internal sealed class FakeDeployments
{
    private readonly ConcurrentDictionary<string, FakeDeployment> _byId = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _byKey = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();
    private int _cuts;

    /// <summary>What a new deployment does; nothing but being accepted when unset.</summary>
    public Action<FakeDeployment>? OnCreate { get; set; }

    /// <summary>What a removed one does; gone and released at once when unset.</summary>
    public Action<FakeDeployment>? OnDelete { get; set; }

    /// <summary>Cuts so many streams, each after one more event than the one before.</summary>
    public int CutStreams { get; set; }

    /// <summary>Whether a cut is a reset, which also loses what the client has not read yet, or a plain close.</summary>
    public bool CutByReset { get; set; }

    public DeploymentCost Cost { get; set; } = new()
    {
        DeploymentId = "", Status = "ready", Provider = "runpod", GpuAllocated = "ADA_24", HoursRunning = 0.5, PricePerHourUsd = 1.116m,
        EstimatedCostUsd = 0.5591m,
        Parts =
        [
            new("cold_start", "metered", 95.5, 1.116m, 0.029605m), new("serving", "metered", 600, 1.116m, 0.186m),
            new("idle", "metered", 1104.5, 1.116m, 0.342395m), new("failed_start", "metered", 12, null, null), new("hibernated_storage", "estimated", 3600, 0.0011m, 0.0011m),
        ],
        NowUsdPerHour = 1.1171m, StorageUsdPerHour = 0.0011m, UnobservedSeconds = 4,
        Note = "4 s were not observed and are not counted.",
        Bill = new CostBill("billed", 0.5602m, 0.0011m, FakeDeployment.Start, FakeDeployment.Start.AddHours(2)),
    };

    public FakeDeployment Add(string model = "org/model", string? name = null, int number = 0)
    {
        var id = "dep_" + (number > 0 ? number : _byId.Count + 1).ToString("00000000000000000000000000", CultureInfo.InvariantCulture);
        return _byId[id] = new FakeDeployment(id, new CreateDeploymentRequest { HfModelId = model, Name = name }).Go("accepted_cold");
    }

    public void EndStreams() => _ending.Cancel();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/deployments", (Delegate)CreateAsync);
        routes.MapGet("/v1/deployments", (HttpContext context) =>
        {
            var all = _byId.Values.OrderByDescending(d => d.Id, StringComparer.Ordinal).Select(d => d.View(Server(context))).ToList();
            return Results.Json(new DeploymentPage(all, all.Count, 100, null), RouseJson.Default.DeploymentPage);
        });
        routes.MapGet("/v1/deployments/{id}", (HttpContext context, string id) => _byId.TryGetValue(id, out var found)
            ? Results.Json(found.View(Server(context)), RouseJson.Default.DeploymentView)
            : Missing(id));
        routes.MapGet("/v1/deployments/{id}/cost", (string id) => _byId.ContainsKey(id)
            ? Results.Json(Cost with { DeploymentId = id }, RouseJson.Default.DeploymentCost)
            : Missing(id));
        routes.MapDelete("/v1/deployments/{id}", (string id) =>
        {
            if (!_byId.TryGetValue(id, out var found)) return Missing(id);
            if (OnDelete is null) found.Go("deleting", "deleted").Release();
            else OnDelete(found);
            return Results.NoContent();
        });
        routes.MapGet("/v1/deployments/{id}/stream", (HttpContext context, string id) => StreamAsync(context, id, isLogs: false));
        routes.MapGet("/v1/deployments/{id}/logs/stream", (HttpContext context, string id) => StreamAsync(context, id, isLogs: true));
    }

    private static Uri Server(HttpContext context) => new($"http://{context.Request.Host}/");

    private static IResult Missing(string id) => Problem("DEPLOYMENT_NOT_FOUND", $"There is no deployment {id}.", 404);

    private static IResult Problem(string code, string message, int status) => Results.Text(
        $$"""{"title":"Refused","status":{{status}},"code":"{{code}}","message":"{{message}}"}""", "application/problem+json", statusCode: status);

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        var request = (await JsonSerializer.DeserializeAsync(context.Request.Body, RouseJson.Default.CreateDeploymentRequest))!;
        if (request.Region is not null) return Problem("INVALID_DEPLOYMENT_REQUEST", "region: leave it out.", 400);
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (!_byKey.TryGetValue(key, out var id))
        {
            var made = Add(request.HfModelId ?? "", request.Name);
            made = _byId[made.Id] = new FakeDeployment(made.Id, request).Go("accepted_cold");
            _byKey[key] = id = made.Id;
            OnCreate?.Invoke(made);
        }

        var reply = new CreateDeploymentReply
        {
            DeploymentId = id, Status = "accepted_cold", ModelId = request.HfModelId ?? request.ModelPath!, EstimatedReadySeconds = 7,
            EstimatedReadyAt = FakeDeployment.Start.AddSeconds(7), EstimateBasis = "prior", PollIntervalSeconds = 1,
            StreamUrl = $"/v1/deployments/{id}/stream", Path = "cold", CreatedAt = FakeDeployment.Start,
        };
        return Results.Json(reply, RouseJson.Default.CreateDeploymentReply, statusCode: 202);
    }

    private async Task StreamAsync(HttpContext context, string id, bool isLogs)
    {
        if (!_byId.TryGetValue(id, out var deployment))
        {
            await Missing(id).ExecuteAsync(context);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _ending.Token);
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("retry: 50\n\n: heartbeat\n\n", either.Token);
        _ = int.TryParse(context.Request.Headers["Last-Event-ID"], CultureInfo.InvariantCulture, out var next);
        var mayTell = _cuts < CutStreams ? ++_cuts : int.MaxValue;
        while (!either.IsCancellationRequested)
        {
            var (name, data, news) = deployment.EventAt(next);
            if (name.Length == 0)
            {
                if (deployment.Status is "failed" or "deleted" || (deployment.Status is "ready" && !isLogs)) break;
                await news.WaitAsync(either.Token);
                continue;
            }

            next++;
            if (isLogs && name is not "log" && !IsEnd(data)) continue;
            await context.Response.WriteAsync($"id: {next}\nevent: {name}\ndata: {data}\n\n", either.Token);
            if (--mayTell > 0) continue;
            await context.Response.Body.FlushAsync(either.Token);
            if (CutByReset) context.Abort();
            return;
        }
    }

    /// <summary>The logs' stream tells one status: the one that ends it.</summary>
    private static bool IsEnd(string data)
        => data.Contains("\"failed\"", StringComparison.Ordinal) || data.Contains("\"deleted\"", StringComparison.Ordinal);
}
