using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Rouse.Contracts.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Simulation.Webhooks;

/// <summary>The network and the receivers behind it, in virtual time. A receiver takes an event halfway through its latency: a sender that dies then has been heard.</summary>
internal sealed class ReceiverHandler(ManualTime time, IEnumerable<Receiver> receivers) : HttpMessageHandler
{
    private readonly Dictionary<string, Receiver> _byHost = receivers.ToDictionary(receiver => new Uri(receiver.Url).Host, StringComparer.Ordinal);
    private int _waiting;

    /// <summary>Requests that only the clock can end.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var receiver = _byHost[request.RequestUri!.Host];
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        using var json = JsonDocument.Parse(body);
        var id = json.RootElement.GetProperty("id").GetString()!;
        string? Header(string name) => request.Headers.TryGetValues(name, out var values) ? values.Single() : null;
        receiver.Begin(Header(WebhookSignature.IdHeader), Header(WebhookSignature.TimestampHeader), Header(WebhookSignature.SignatureHeader), body, id, time.GetUtcNow());
        try
        {
            switch (receiver.MoodAt(time.GetUtcNow()))
            {
                case Mood.RefusesConnections:
                    throw new HttpRequestException(HttpRequestError.ConnectionError);
                case Mood.NeverAnswers:
                    await WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
                    throw new InvalidOperationException("It never answers.");
                case Mood.Fails:
                    await WaitAsync(receiver.Latency, cancellationToken);
                    return new HttpResponseMessage(HttpStatusCode.InternalServerError);
                case Mood.IsOverloaded:
                    await WaitAsync(receiver.Latency, cancellationToken);
                    return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Headers = { RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromMinutes(2)) } };
                default:
                    await WaitAsync(receiver.Latency / 2, cancellationToken);
                    receiver.Take(id, time.GetUtcNow());
                    await WaitAsync(receiver.Latency / 2, cancellationToken);
                    return new HttpResponseMessage(HttpStatusCode.OK);
            }
        }
        finally
        {
            receiver.End();
        }
    }

    /// <summary>No longer counts as waiting from the very moment the clock, or a cut, ends it.</summary>
    private async Task WaitAsync(TimeSpan delay, CancellationToken ct)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isOver = 0;
        void End(bool isCut)
        {
            if (Interlocked.Exchange(ref isOver, 1) == 1) return;
            Interlocked.Decrement(ref _waiting);
            if (isCut) ended.SetCanceled(ct);
            else ended.SetResult();
        }

        Interlocked.Increment(ref _waiting);
        await using var timer = time.CreateTimer(_ => End(isCut: false), null, delay, Timeout.InfiniteTimeSpan);
        await using var cut = ct.UnsafeRegister(_ => End(isCut: true), null);
        await ended.Task;
    }
}
