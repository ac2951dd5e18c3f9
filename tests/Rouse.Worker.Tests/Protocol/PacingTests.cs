using System.Net;
using System.Net.Sockets;
using Rouse.Worker.Protocol;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Protocol;

/// <summary>How often the plane is asked, counted in steps of a clock that the test moves.</summary>
public sealed class PacingTests
{
    private static readonly double[] Failing = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5];
    private static readonly double[] Retries = [0.25, 0.5, 1, 2];
    private static readonly double[] HastyWaits = [0.1, 0.2, 0.4, 0.8, 1, 1];

    [Fact]
    public async Task Take_WhenConnectionsAreRefused_WaitsLongerEachTimeUpToFiveSeconds()
    {
        var time = new SteppedTime();
        using var loop = new TakeLoop(FreeUrl(), time);

        Assert.Equal(Failing, await WaitsAsync(time, Failing.Length));
        await loop.EndAsync();
    }

    [Theory]
    [InlineData(204)]
    [InlineData(400)]
    public async Task Take_WhenNoJobIsToldHastily_AsksAgainWithShortPauses(int status)
    {
        await using var plane = await FakeJobPlane.StartAsync();
        var time = new SteppedTime();
        for (var i = 0; i < HastyWaits.Length; i++) plane.Takes.Writer.TryWrite(new FakeJobPlane.Answer(status, ""));
        using var loop = new TakeLoop(plane.Url, time);

        Assert.Equal(HastyWaits, await WaitsAsync(time, HastyWaits.Length));
        await plane.FirstAsync("job-take");
        await loop.EndAsync();
        Assert.InRange(plane.Of("job-take").Count, HastyWaits.Length, HastyWaits.Length + 1);
    }

    [Fact]
    public async Task Take_WhenNoJobIsToldAfterALongPoll_AsksAgainAtOnce()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        var time = new SteppedTime();
        using var loop = new TakeLoop(plane.Url, time);
        for (var polls = 1; polls <= 3; polls++)
        {
            await Deadline.UntilAsync(() => plane.Of("job-take").Count == polls);
            time.Pass(TimeSpan.FromSeconds(20));
            plane.Takes.Writer.TryWrite(new FakeJobPlane.Answer(204, ""));
        }

        await Deadline.UntilAsync(() => plane.Of("job-take").Count == 4);
        await loop.EndAsync();
    }

    [Fact]
    public async Task Take_When429_WaitsFiveSeconds()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        var time = new SteppedTime();
        plane.Takes.Writer.TryWrite(new FakeJobPlane.Answer(429, ""));
        using var loop = new TakeLoop(plane.Url, time);

        Assert.Equal(TimeSpan.FromSeconds(5), await time.StepAsync());
        await loop.EndAsync();
    }

    [Fact]
    public async Task Done_WhenThePlaneFailsForAWhile_IsSentAgainUntilTaken()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        var time = new SteppedTime();
        foreach (var status in new[] { 500, 503, 429, 502 }) plane.DoneStatuses.Enqueue(status);
        plane.Hand("j1", "{}");
        using var loop = new TakeLoop(plane.Url, time);

        // Among them is the time for which a result keeps the engine's place.
        Assert.Equal(Retries, (await WaitsAsync(time, Retries.Length + 1)).Where(static wait => wait != Deliveries.Prompt.TotalSeconds));
        await Deadline.UntilAsync(() => loop.Running.Ids.Count == 0);
        Assert.Equal(5, plane.Of("job-done").Count);
        Assert.Single(plane.Of("job-done").Select(seen => seen.Body).Distinct());
        await loop.EndAsync();
    }

    [Fact]
    public async Task Done_WhenRefused_IsNotSentAgain_AndWhenTooLargeItIsKeptAndNamed()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        plane.DoneStatuses.Enqueue(404);
        plane.DoneStatuses.Enqueue(413);
        plane.Hand("gone", "{}");
        plane.Hand("big", "{}");
        using var loop = new TakeLoop(plane.Url, new SteppedTime());

        await Deadline.UntilAsync(() => plane.Of("job-take").Count == 3);
        await loop.EndAsync();

        Assert.Equal(3, plane.Of("job-done").Count);
        Assert.Contains("""{"output":{"spilled":{"path":""", plane.Of("job-done")[2].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_ThatIsToldAgainAndAgain_IsAskedForOnceASecond()
    {
        await using var plane = await FakeJobPlane.StartAsync();
        for (var polls = 0; polls < 3; polls++) plane.Stops.Writer.TryWrite(new FakeJobPlane.Answer(200, """{"jobsToStop":["unknown"]}"""));
        var time = new SteppedTime();
        using var loop = new TakeLoop(plane.Url, time);
        using var ending = new CancellationTokenSource();
        var stops = loop.ListenToStopsAsync(ending.Token);

        Assert.All(await WaitsAsync(time, 3), static wait => Assert.Equal(1, wait));
        await ending.CancelAsync();
        await stops.InTimeAsync();
        await loop.EndAsync();
    }

    private static async Task<double[]> WaitsAsync(SteppedTime time, int count)
    {
        var waits = new double[count];
        for (var i = 0; i < count; i++) waits[i] = (await time.StepAsync()).TotalSeconds;
        return waits;
    }

    private static string FreeUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://{listener.LocalEndpoint}";
    }
}
