using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Contract;

/// <summary>
/// A job server that answers each kind of request by a list, also wrongly or not to the end. Where a list has ended, take and stop polls are held and the
/// rest is answered 200. Every request is kept in the order of its arrival.
/// </summary>
internal sealed class ContractPlane : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Reply>> _replies = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    private ContractPlane(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public ConcurrentQueue<PlaneRequest> Requests { get; } = new();

    /// <summary>Polls that wait for an answer now.</summary>
    public int Held => Volatile.Read(ref _held);

    public static async Task<ContractPlane> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}").ConfigureKestrel(static server => server.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var plane = new ContractPlane(app);
        app.Run(plane.AnswerAsync);
        await app.StartAsync();
        plane.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return plane;
    }

    /// <param name="what">A kind such as <c>job-take</c>, or a kind and a job: <c>job-done j1</c>.</param>
    /// <param name="replies">In order, after those there are.</param>
    public void Plan(string what, params IEnumerable<Reply> replies)
    {
        foreach (var reply in replies) Queue(what).Enqueue(reply);
    }

    public IReadOnlyList<PlaneRequest> Of(string kind) => [.. Requests.Where(seen => seen.Kind == kind)];

    /// <summary>All that was posted for a job, in order.</summary>
    public IReadOnlyList<PlaneRequest> Posts(string job) => [.. Requests.Where(seen => seen.Job == job)];

    /// <summary>How the job was told to have ended, each time; without notes of progress.</summary>
    public IReadOnlyList<PlaneRequest> Ends(string job) => [.. Posts(job).Where(static seen => seen.IsEnd)];

    public Task EndedAsync(string job) => Deadline.UntilAsync(() => Ends(job).Count > 0);

    public async ValueTask DisposeAsync()
    {
        _ended.TrySetResult();
        await _app.DisposeAsync();
    }

    private ConcurrentQueue<Reply> Queue(string what) => _replies.GetOrAdd(what, static _ => new());

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var seen = new PlaneRequest(
            Stopwatch.GetTimestamp(), context.Request.Method, target, body,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(seen);
        var reply = Next(seen) ?? (seen.Kind is "job-take" or "job-stop" or "job-take-batch" ? await HeldAsync(seen, context) : Reply.Json("{}"));
        if (reply is null) return;
        if (reply.After is { } after) await after().WaitAsync(context.RequestAborted);
        context.Response.StatusCode = reply.Status;
        if (reply.Status == 204) return;
        var bytes = Encoding.UTF8.GetBytes(reply.Body);
        (context.Response.ContentType, context.Response.ContentLength) = (reply.MediaType, bytes.Length);
        await context.Response.Body.WriteAsync(reply.CutAfter is { } cut ? bytes.AsMemory(0, cut) : bytes, context.RequestAborted);
        if (reply.CutAfter is null) return;
        await context.Response.Body.FlushAsync(context.RequestAborted);
        context.Abort();
    }

    /// <summary>A note of progress is always taken: what is planned is for ends.</summary>
    private Reply? Next(PlaneRequest seen) => seen is { Kind: "job-done", IsEnd: false }
        ? Reply.Json("{}")
        : (seen.Job is { } job && Queue($"{seen.Kind} {job}").TryDequeue(out var reply)) || Queue(seen.Kind).TryDequeue(out reply)
        || (seen.Kind == "job-take-batch" && Queue("job-take").TryDequeue(out reply)) ? reply : null;

    /// <summary>Until a reply is planned, the worker goes away or this ends.</summary>
    private async Task<Reply?> HeldAsync(PlaneRequest seen, HttpContext context)
    {
        Interlocked.Increment(ref _held);
        try
        {
            Reply? reply = null;
            await Deadline.UntilAsync(() => _ended.Task.IsCompleted || context.RequestAborted.IsCancellationRequested || (reply = Next(seen)) is not null);
            return reply;
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }
}

/// <param name="CutAfter">Bytes of the body after which the connection is cut; null: it arrives whole.</param>
internal sealed record Reply(int Status, string Body, string MediaType = "application/json", int? CutAfter = null)
{
    /// <summary>It waits for this.</summary>
    public Func<Task>? After { get; init; }

    public static Reply Json(string body) => new(200, body);

    public static Reply Of(int status) => new(status, status == 204 ? "" : "{}");

    public static Reply Job(string id, string input) => Json($$"""{"id":"{{id}}","input":{{input}}}""");

    public static Reply Stop(params string[] ids) => Json($$"""{"jobsToStop":[{{string.Join(',', ids.Select(static id => $"\"{id}\""))}}]}""");
}

/// <param name="At">A timestamp of <see cref="Stopwatch"/>.</param>
/// <param name="Target">As it was sent: path and query.</param>
internal sealed record PlaneRequest(long At, string Method, string Target, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>job-take, job-done, …</summary>
    public string Kind => Target.Split('/').ElementAtOrDefault(3) ?? "";

    /// <summary>In the path of what is posted for one.</summary>
    public string? Job => Kind is "job-done" or "job-stream" ? Target.Split('/')[5].Split('?', '&')[0] : null;

    public bool IsEnd => Kind == "job-done" && !Body.Contains("\"status\":\"IN_PROGRESS\"", StringComparison.Ordinal);
}
