using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Core.Scheduling;
using Rouse.Gateway.Admission;
using Rouse.TestKit.Time;
using Xunit.Abstractions;

namespace Rouse.Gateway.Tests.Admission;

/// <summary>Ten thousand at once, from many threads.</summary>
public sealed class CrowdTests(ITestOutputHelper output)
{
    private const int Crowd = 10_000;
    private const int Threads = 8;

    [Fact]
    public async Task TenThousandAtOnce_IntoFiftyPlaces_AreFiftyAdmitted_AndTheRestRefusedAtOnce()
    {
        using var bench = new Bench();
        bench.Ready(Bench.One, new HttpService { Concurrency = 50, MaxQueue = 0 });
        var took = new ConcurrentBag<double>();
        var granted = new ConcurrentBag<Grant>();
        var refused = 0;
        await CrowdAsync(async () =>
        {
            var began = TimeProvider.System.GetTimestamp();
            var admitted = await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default);
            if (admitted.Grant is { } grant) granted.Add(grant);
            else if (admitted.Refusal!.Value.Reason == AdmissionReason.QueueFull) Interlocked.Increment(ref refused);
            took.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        });
        Assert.Equal((50, Crowd - 50), (granted.Count, refused));
        Assert.Equal(50, bench.Keeper.Of(Bench.One).InFlight);
        var sorted = took.Order().ToList();
        output.WriteLine($"{Crowd} into 50 places: p50 {sorted[Crowd / 2]:0.000} ms, p99 {sorted[Crowd * 99 / 100]:0.000} ms, longest {sorted[^1]:0.000} ms");
        Assert.True(sorted[Crowd * 99 / 100] < 50, $"p99 {sorted[Crowd * 99 / 100]} ms");
        foreach (var grant in granted) grant.Dispose();
        Assert.Equal(0, bench.Keeper.Of(Bench.One).InFlight);
    }

    [Fact]
    public async Task TenThousandHeldDuringOneWake_AreAllAnswered()
    {
        using var bench = new Bench();
        var service = new HttpService { Concurrency = 100, MaxQueue = Crowd };
        bench.Asleep(Bench.One, service);
        var tasks = new Task[Crowd];
        var most = 0;
        var answered = 0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Crowd; i++) tasks[i] = Task.Run(OneAsync);
        await Eventually.TrueAsync(() => bench.Keeper.Of(Bench.One).Held == Crowd);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Crowd;
        output.WriteLine($"{Crowd} held: {each} bytes each, their tasks included");
        Assert.Equal((1, Crowd), (bench.Hints, bench.Keeper.Of(Bench.One).Held));
        Assert.True(each < 2048, $"{each} bytes for each that is held");
        var began = TimeProvider.System.GetTimestamp();
        bench.Ready(Bench.One, service);
        await Task.WhenAll(tasks);
        output.WriteLine($"all answered in {TimeProvider.System.GetElapsedTime(began).TotalMilliseconds:0} ms");
        Assert.Equal(Crowd, answered);
        Assert.InRange(most, 1, 100);
        Assert.Equal((0, 0), (bench.Keeper.Of(Bench.One).Held, bench.Keeper.Of(Bench.One).InFlight));

        async Task OneAsync()
        {
            var admitted = await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), default);
            using var grant = admitted.Grant!;
            var now = bench.Keeper.Of(Bench.One).InFlight;
            for (var seen = Volatile.Read(ref most); now > seen; seen = Volatile.Read(ref most)) Interlocked.CompareExchange(ref most, now, seen);
            await Task.Yield();
            Interlocked.Increment(ref answered);
        }
    }

    [Fact]
    public async Task OfTenThousandThatWait_HalfLeave_AndNoneOfThemIsAdmitted()
    {
        using var bench = new Bench();
        var service = new HttpService { Concurrency = 10, MaxQueue = Crowd };
        bench.Asleep(Bench.One, service);
        using var gone = new CancellationTokenSource();
        var (left, admitted) = (0, 0);
        var tasks = Enumerable.Range(0, Crowd).Select(i => Task.Run(() => OneAsync(i % 2 == 0 ? gone.Token : default))).ToList();
        await Eventually.TrueAsync(() => bench.Keeper.Of(Bench.One).Held == Crowd);
        await gone.CancelAsync();
        Assert.Equal(Crowd / 2, bench.Keeper.Of(Bench.One).Held);
        bench.Ready(Bench.One, service);
        await Task.WhenAll(tasks);
        Assert.Equal((Crowd / 2, Crowd / 2), (left, admitted));
        Assert.False(bench.Keeper.Of(Bench.One).IsWanted);

        async Task OneAsync(CancellationToken ct)
        {
            try
            {
                using var grant = (await bench.Keeper.EnterAsync(Bench.One, Bench.Held(), ct)).Grant!;
                Assert.False(ct.CanBeCanceled);
                Interlocked.Increment(ref admitted);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref left);
            }
        }
    }

    [Fact]
    public async Task ComingLeavingAndEndingAllAtOnce_LoseNobody_AndCountExactly()
    {
        using var bench = new Bench();
        var service = new HttpService { Concurrency = 3, MaxQueue = 200 };
        bench.Ready(Bench.One, service, "a", "b");
        var (began, over) = (0, 0);
        using var done = new CancellationTokenSource();
        var flapping = Task.Run(() =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
            {
                if (i % 3 == 0) bench.Asleep(Bench.One, service);
                else bench.Ready(Bench.One, service, i % 3 == 1 ? ["a"] : ["b", "c"]);
            }
        });
        await CrowdAsync(async () =>
        {
            using var gone = new CancellationTokenSource();
            var entering = bench.Keeper.EnterAsync(Bench.One, Bench.Held(), gone.Token);
            if (Interlocked.Increment(ref began) % 4 == 0) await gone.CancelAsync();
            try
            {
                using var grant = (await entering).Grant;
                await Task.Yield();
            }
            catch (OperationCanceledException)
            {
                Assert.True(gone.IsCancellationRequested);
            }

            Interlocked.Increment(ref over);
        });
        await done.CancelAsync();
        await flapping;
        Assert.Equal(Crowd, over);
        Assert.False(bench.Keeper.Of(Bench.One).IsWanted);
    }

    private static Task CrowdAsync(Func<Task> one) => Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(async () =>
    {
        for (var i = 0; i < Crowd / Threads; i++) await one();
    })));
}
