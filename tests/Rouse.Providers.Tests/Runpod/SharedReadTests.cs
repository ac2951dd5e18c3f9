using Rouse.Providers.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

public sealed class SharedReadTests
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly List<TaskCompletionSource<string>> _calls = [];
    private readonly SharedRead<string> _read;

    public SharedReadTests() => _read = new SharedRead<string>(CallAsync, Freshness, Spacing, _time);

    [Fact]
    public async Task ManyCallers_AreOneCall()
    {
        var callers = Enumerable.Range(0, 100).Select(_ => _read.GetAsync(CancellationToken.None)).ToList();
        (await NthAsync(1)).SetResult("a");
        Assert.All(await Task.WhenAll(callers), answer => Assert.Equal("a", answer));
        Assert.Equal("a", await _read.GetAsync(CancellationToken.None));
        Assert.Single(_calls);
    }

    [Fact]
    public async Task AnAnswer_ServesUntilItIsTooOld()
    {
        var first = _read.GetAsync(CancellationToken.None);
        (await NthAsync(1)).SetResult("a");
        await first;
        _time.Advance(Freshness);
        var second = _read.GetAsync(CancellationToken.None);
        (await NthAsync(2)).SetResult("b");
        Assert.Equal("b", await second);
    }

    [Fact]
    public async Task AfterAChange_ALaterReadingIsMade_ButNotTooSoon()
    {
        var before = _read.GetAsync(CancellationToken.None);
        var slow = await NthAsync(1);
        _read.Forget();
        var after = _read.GetAsync(CancellationToken.None);
        slow.SetResult("without the change");
        Assert.Equal("without the change", await before);
        Assert.Single(_calls);
        _time.Advance(Spacing);
        (await NthAsync(2)).SetResult("with the change");
        Assert.Equal("with the change", await after);
    }

    [Fact]
    public async Task ManyChanges_PutTheNextReadingOffNoFurtherThanOneDoes()
    {
        var before = _read.GetAsync(CancellationToken.None);
        (await NthAsync(1)).SetResult("a");
        await before;
        List<Task<string>> after = [];
        for (var change = 0; change < 100; change++)
        {
            _read.Forget();
            after.Add(_read.GetAsync(CancellationToken.None));
        }

        _time.Advance(Spacing);
        (await NthAsync(2)).SetResult("with all changes");
        Assert.All(await Task.WhenAll(after), answer => Assert.Equal("with all changes", answer));
        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public async Task ACallerThatLeaves_TakesNobodyWithIt()
    {
        using var impatient = new CancellationTokenSource();
        var leaving = _read.GetAsync(impatient.Token);
        var staying = _read.GetAsync(CancellationToken.None);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        (await NthAsync(1)).SetResult("a");
        Assert.Equal("a", await staying);
    }

    [Fact]
    public async Task AFault_IsEverybodysOnce_AndNotRemembered()
    {
        var first = _read.GetAsync(CancellationToken.None);
        (await NthAsync(1)).SetException(new InvalidOperationException("broken"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        var second = _read.GetAsync(CancellationToken.None);
        _time.Advance(Spacing);
        (await NthAsync(2)).SetResult("b");
        Assert.Equal("b", await second);
    }

    private Task<string> CallAsync()
    {
        var call = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_calls) _calls.Add(call);
        return call.Task;
    }

    private async Task<TaskCompletionSource<string>> NthAsync(int number)
    {
        await Eventually.TrueAsync(() =>
        {
            lock (_calls) return _calls.Count >= number;
        });
        lock (_calls) return _calls[number - 1];
    }
}
