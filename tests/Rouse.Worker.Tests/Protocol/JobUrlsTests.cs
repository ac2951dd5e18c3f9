using Rouse.Worker.Configuration;
using Rouse.Worker.Protocol;

namespace Rouse.Worker.Tests.Protocol;

/// <summary>The right-hand sides are lines of the captures of an unmodified runpod-python worker (../shared/data/worker-protocol).</summary>
public sealed class JobUrlsTests
{
    private const string Base = "http://127.0.0.1:18656/v2/ep1";
    private const string Gpu = "?gpu=NVIDIA+GeForce+RTX+4090";

    private static readonly JobUrls Urls = Make(Gpu);

    [Fact]
    public void Urls_FilledAsTheSdkFillsThem_MatchItsCaptures()
    {
        Assert.Equal($"{Base}/job-take/w1{Gpu}&job_in_progress=0", Urls.Take(busy: false).AbsoluteUri);
        Assert.Equal($"{Base}/job-take/w1{Gpu}&job_in_progress=1", Urls.Take(busy: true).AbsoluteUri);
        Assert.Equal($"{Base}/job-stop/w1{Gpu}", Urls.Stop().AbsoluteUri);
        Assert.Equal($"{Base}/job-done/w1/job-1-u1{Gpu}&isStream=false", Urls.Done("job-1-u1", isStream: false).AbsoluteUri);
        Assert.Equal($"{Base}/job-done/w1/gen-1{Gpu}&isStream=true", Urls.Done("gen-1", isStream: true).AbsoluteUri);
        Assert.Equal($"{Base}/job-stream/w1/gen-1{Gpu}&isStream=false", Urls.Stream("gen-1").AbsoluteUri);
        Assert.Equal($"{Base}/ping/w1{Gpu}&runpod_version=1.12.0", Urls.Ping([]).AbsoluteUri);
        Assert.Equal($"{Base}/ping/w1{Gpu}&job_id=a,b&runpod_version=1.12.0", Urls.Ping(["a", "b"]).AbsoluteUri);
    }

    [Fact]
    public void Urls_OfTemplatesWithoutQuestionMark_AreWhatTheSdkMakesOfThem()
    {
        Assert.Equal($"{Base}/job-take/w1&job_in_progress=0", Make("").Take(busy: false).AbsoluteUri);
        Assert.Equal($"{Base}/job-done/w1/g-1&isStream=false", Make("").Done("g-1", isStream: false).AbsoluteUri);
    }

    private static JobUrls Make(string query) => new(
        new JobPlane(
            $"{Base}/job-take/$ID{query}", $"{Base}/job-done/$RUNPOD_POD_ID/$ID{query}", $"{Base}/job-stream/$RUNPOD_POD_ID/$ID{query}",
            $"{Base}/ping/$RUNPOD_POD_ID{query}", "k", TimeSpan.FromSeconds(10)),
        "w1");
}
