using System.Text.Json;
using Rouse.Core.Jobs;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.JobPlane;

public sealed class WebhookTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private JobPlaneApp _app = null!;
    private WebhookSink _sink = null!;

    public async Task InitializeAsync()
    {
        _sink = await WebhookSink.StartAsync();
        _app = await JobPlaneApp.StartAsync(new JobLimits(), _time);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _sink.DisposeAsync();
    }

    [Fact]
    public async Task TheEndOfAJob_IsToldWithTheWholeJob()
    {
        var id = await EndedAsync();
        await ReceivedAsync(1);

        var (_, contentType, body, headers) = _sink.Received.First();
        using var job = JsonDocument.Parse(body);
        Assert.Equal(("application/json", id, "COMPLETED", """{"a":1}""", "7", _sink.Url), (
            contentType, job.RootElement.GetProperty("id").GetString(), job.RootElement.GetProperty("status").GetString(),
            job.RootElement.GetProperty("input").GetRawText(), job.RootElement.GetProperty("output").GetRawText(),
            job.RootElement.GetProperty("webhook").GetString()));
        Assert.Equal((true, false), (headers.ContainsKey("webhook-id"), headers.ContainsKey("webhook-signature")));
        await EmptyAsync();
    }

    [Theory]
    [InlineData(500)]
    [InlineData(204)]
    [InlineData(302)]
    public async Task AnyAnswerBut200_IsTriedTwiceMoreTenSecondsApart(int answer)
    {
        for (var i = 0; i < 3; i++) _sink.Answers.Enqueue(answer);
        var id = await EndedAsync();
        for (var tries = 1; tries <= 2; tries++)
        {
            await ReceivedAsync(tries);
            await PutOffAsync(TimeSpan.FromSeconds(10));
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        await ReceivedAsync(3);
        await EmptyAsync();
        Assert.All(_sink.Received, request => Assert.Equal("/hook", request.Path));
        Assert.Equal("COMPLETED", await _app.WordAsync(id));
    }

    [Fact]
    public async Task ADeliveryThatFailed_OutlivesTheServer()
    {
        _sink.Answers.Enqueue(503);
        await EndedAsync();
        await ReceivedAsync(1);
        await PutOffAsync(TimeSpan.FromSeconds(10));
        await _app.StopAsync();
        _time.Advance(TimeSpan.FromHours(1));

        await using var next = await JobPlaneApp.StartAsync(new JobLimits(), _time, _app.Folder, _app.Deployment);

        await ReceivedAsync(2);
        Assert.Single(_sink.Received.Select(request => request.Body).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AReceiverThatIsNotThere_NeverFailsTheJob()
    {
        await _sink.DisposeAsync();
        var id = await EndedAsync();

        await PutOffAsync(TimeSpan.FromSeconds(10));

        Assert.Equal("COMPLETED", await _app.WordAsync(id));
    }

    [Fact]
    public async Task ACancelledAndATimedOutJob_AreToldToo()
    {
        var cancelled = await _app.RunAsync(Body);
        await _app.PostAsync($"cancel/{cancelled}");
        await ReceivedAsync(1);

        // A plane sweeps only once it is a lease old.
        _time.Advance(_app.Plane.Limits.Lease);
        await _app.RunAsync(Body[..^1] + ""","policy":{"executionTimeout":5000}}""");
        await _app.Worker().TakeNextAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        await _app.Plane.TickAsync(default);
        await ReceivedAsync(2);

        Assert.Equal(["CANCELLED", "TIMED_OUT"], _sink.Received.Select(request => JsonDocument.Parse(request.Body).RootElement.GetProperty("status").GetString()));
    }

    private string Body => $$"""{"input":{"a":1},"webhook":"{{_sink.Url}}"}""";

    private async Task<string> EndedAsync()
    {
        var id = await _app.RunAsync(Body);
        await _app.Worker().TakeNextAsync();
        await _app.Worker().DoneAsync(id, """{"output":7}""");
        return id;
    }

    private Task ReceivedAsync(int count) => Eventually.TrueAsync(() => _sink.Received.Count == count);

    /// <summary>The next try is due so much later than now.</summary>
    private Task PutOffAsync(TimeSpan wait) => Eventually.TrueAsync(async () => (await _app.Deliveries.NextAsync(default)).Failing == _time.GetUtcNow() + wait);

    private Task EmptyAsync() => Eventually.TrueAsync(async () => await _app.Deliveries.NextAsync(default) is (null, null));
}
