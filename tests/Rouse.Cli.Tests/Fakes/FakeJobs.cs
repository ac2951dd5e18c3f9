using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Jobs;

namespace Rouse.Cli.Tests.Fakes;

/// <summary>The client side of the job plane: one job, whose looks the test lists in order.</summary>
internal sealed class FakeJobs
{
    public const string Id = "job-1";
    private readonly Queue<JobView> _looks = new();
    private readonly Queue<StreamReply> _chunks = new();
    private JobView _last = new() { Id = Id, Status = "IN_QUEUE" };

    public JsonElement LastInput { get; private set; }

    /// <param name="output">JSON, or null for none.</param>
    public FakeJobs Then(string status, string? output = null, string? error = null)
    {
        _looks.Enqueue(new JobView
        {
            Id = Id, Status = status, Error = error, DelayTime = 12, ExecutionTime = status is "COMPLETED" ? 345 : null,
            Output = output is null ? null : JsonDocument.Parse(output).RootElement.Clone(), WorkerId = status is "IN_QUEUE" ? null : "w1",
        });
        return this;
    }

    public FakeJobs ThenChunks(string status, params string[] chunks)
    {
        _chunks.Enqueue(new StreamReply(status, [.. chunks.Select(c => new StreamChunk(JsonDocument.Parse(c).RootElement.Clone()))]));
        return this;
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v2/{id}/runsync", (Delegate)SubmitAsync);
        routes.MapPost("/v2/{id}/run", (Delegate)SubmitAsync);
        routes.MapGet("/v2/{id}/status/{job}", (string job) => job is Id
            ? Results.Json(Next(), JobJson.Default.JobView)
            : Results.Text("""{"error":"job not found"}""", "application/json", statusCode: 404));
        routes.MapGet("/v2/{id}/stream/{job}", () => Results.Json(_chunks.Dequeue(), JobJson.Default.StreamReply));
        routes.MapPost("/v2/{id}/{verb}/{job}", () => Results.Json(Next(), JobJson.Default.JobView));
        var waking = new EndpointHealth(new JobCounts(0, 0, 0, 1, 0), new WorkerCounts(0, 1, 0, 0, 0, 0));
        routes.MapGet("/v2/{id}/health", () => Results.Json(waking, JobJson.Default.EndpointHealth));
    }

    private async Task<IResult> SubmitAsync(HttpContext context)
    {
        LastInput = (await JsonSerializer.DeserializeAsync(context.Request.Body, JobJson.Default.RunRequest))!.Input.Clone();
        return Results.Json(Next(), JobJson.Default.JobView);
    }

    private JobView Next() => _looks.TryDequeue(out var next) ? _last = next : _last;
}
