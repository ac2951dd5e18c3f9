using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.Worker.Tests.Support;

/// <summary>
/// A job server and control plane on a real socket. Take and stop polls are held until a test answers them; everything else is answered 200
/// unless a test says otherwise. Every request is kept.
/// </summary>
internal sealed class FakeJobPlane : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeJobPlane(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public ConcurrentQueue<Seen> Requests { get; } = new();

    public Channel<Answer> Takes { get; } = Channel.CreateUnbounded<Answer>();

    public Channel<Answer> Stops { get; } = Channel.CreateUnbounded<Answer>();

    /// <summary>Answers of <c>job-done</c> in order; then 200.</summary>
    public ConcurrentQueue<int> DoneStatuses { get; } = new();

    /// <summary>Whose result is answered 503, however often it comes.</summary>
    public Func<Seen, bool> Spurns { get; set; } = static _ => false;

    /// <summary>Answers of <c>job-stream</c> in order; then 200.</summary>
    public ConcurrentQueue<int> StreamStatuses { get; } = new();

    public bool HasBatch { get; set; } = true;

    /// <summary>Answers of reports in order; then 200.</summary>
    public ConcurrentQueue<int> ReportStatuses { get; } = new();

    /// <summary>Answers a worker that asks where to put what it made. A control plane without a store says 404.</summary>
    public Func<Seen, Answer> Outputs { get; set; } = static _ => new Answer(404, "{}");

    public static async Task<FakeJobPlane> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var plane = new FakeJobPlane(app);
        app.Run(plane.AnswerAsync);
        await app.StartAsync();
        plane.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return plane;
    }

    public IReadOnlyList<Seen> Of(string kind) => [.. Requests.Where(seen => seen.Kind == kind)];

    public async Task<Seen> FirstAsync(string kind, Func<Seen, bool>? which = null)
    {
        await Deadline.UntilAsync(() => Of(kind).Any(seen => which?.Invoke(seen) ?? true));
        return Of(kind).First(seen => which?.Invoke(seen) ?? true);
    }

    public void Hand(string id, string input) => Takes.Writer.TryWrite(new Answer(200, $$"""{"id":"{{id}}","input":{{input}},"delayTime":3}"""));

    public void HandAll(params IEnumerable<string> ids) =>
        Takes.Writer.TryWrite(new Answer(200, $"[{string.Join(',', ids.Select(static id => $$$"""{"id":"{{{id}}}","input":{"id":"{{{id}}}"}}"""))}]"));

    public async ValueTask DisposeAsync()
    {
        Takes.Writer.TryComplete();
        Stops.Writer.TryComplete();
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var seen = new Seen(
            context.Request.Method, context.Request.Path + context.Request.QueryString,
            context.Request.Headers.Authorization.ToString(), await reader.ReadToEndAsync(context.RequestAborted),
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(seen);
        var answer = seen.Kind switch
        {
            "job-take-batch" when !HasBatch => new Answer(404, ""),
            "job-take" or "job-take-batch" => await HeldAsync(Takes, context),
            "job-stop" => await HeldAsync(Stops, context),
            "job-stream" => new Answer(StreamStatuses.TryDequeue(out var status) ? status : 200, "{}"),
            "job-done" when Spurns(seen) => new Answer(503, "{}"),
            "job-done" => new Answer(DoneStatuses.TryDequeue(out var status) ? status : 200, "{}"),
            "reports" => new Answer(ReportStatuses.TryDequeue(out var status) ? status : 200, "{}"),
            "outputs" => Outputs(seen),
            _ => new Answer(200, "{}"),
        };
        context.Response.StatusCode = answer.Status;
        if (answer.Status != 204) await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static async Task<Answer> HeldAsync(Channel<Answer> answers, HttpContext context)
    {
        try
        {
            return await answers.Reader.ReadAsync(context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            return new Answer(204, "");
        }
    }

    internal sealed record Answer(int Status, string Body);

    internal sealed record Seen(string Method, string Target, string Authorization, string Body, IReadOnlyDictionary<string, string> Headers)
    {
        /// <summary>job-take, job-done, …, or <c>reports</c>, or <c>outputs</c>.</summary>
        public string Kind => Target.EndsWith("/reports", StringComparison.Ordinal) ? "reports" : Target.Contains("/attempts/2/outputs", StringComparison.Ordinal) ? "outputs" : Target.Split('/').ElementAtOrDefault(3) ?? "";
    }
}
