using System.Net;
using Rouse.Core.Ports;
using Rouse.Providers.Runpod;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Runpod;

public sealed class PaceTests
{
    private readonly ManualTime _time = new();
    private readonly RunpodPace _pace;

    public PaceTests() => _pace = new RunpodPace(new RunpodOptions(), _time);

    [Fact]
    public void Reads_AreOneAndAFifthPerSecond()
    {
        var reads = 0;
        for (var tick = 0; tick < 10_000; tick++)
        {
            if (_pace.TryRead()) reads++;
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(reads, 118, 123);
    }

    [Fact]
    public void AReadThatOthersWaitFor_GoesAtOnce_AndTheRestPaysForIt()
    {
        for (var read = 0; read < 6; read++) _pace.Read();
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_pace.TryRead());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_pace.TryRead());
    }

    [Fact]
    public void AfterATooManyRequests_NothingIsAskedUntilRunpodSaid()
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        answer.Headers.TryAddWithoutValidation("Retry-After", "12");
        Assert.Equal(TimeSpan.FromSeconds(12), _pace.Note(answer));
        Assert.Equal(TimeSpan.FromSeconds(12), Assert.Throws<ProviderException>(_pace.Write).RetryAfter);
        Assert.Equal(ProviderFault.RateLimited, Assert.Throws<ProviderException>(_pace.Read).Fault);
        Assert.False(_pace.TryRead());
        _time.Advance(TimeSpan.FromSeconds(12));
        _pace.Write();
        _pace.Read();
    }

    [Fact]
    public void TheLastCallsOfAWindow_AreLeftToCreatesAndDeletes()
    {
        Note("\"minute\";r=7;t=30, \"hour\";r=2800;t=1812");
        Assert.False(_pace.TryRead());
        Assert.Equal(TimeSpan.FromSeconds(30), Assert.Throws<ProviderException>(_pace.Read).RetryAfter);
        _pace.Write();
        _time.Advance(TimeSpan.FromSeconds(30));
        _pace.Read();
    }

    [Fact]
    public void AnEmptyWindow_HoldsEverythingBack()
    {
        Note("\"minute\";r=0;t=12");
        Assert.Equal(TimeSpan.FromSeconds(12), Assert.Throws<ProviderException>(_pace.Write).RetryAfter);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("r=;t=")]
    [InlineData("\"minute\";r=176;t=1")]
    public void AHeaderThatSaysNothing_HoldsNothingBack(string header)
    {
        Note(header);
        _pace.Write();
        Assert.True(_pace.TryRead());
    }

    private void Note(string limits)
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.OK);
        answer.Headers.TryAddWithoutValidation("RateLimit", limits);
        Assert.Null(_pace.Note(answer));
    }
}
