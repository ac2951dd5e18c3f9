using System.Globalization;
using Rouse.Fuzz.Document;
using Rouse.Fuzz.Run;
using Rouse.Fuzz.World;
using Xunit.Abstractions;

namespace Rouse.Fuzz;

/// <summary>
/// Every operation of the committed document, driven over real HTTP: what it answers is what the document says. ROUSE_FUZZ_SEED makes another run,
/// ROUSE_FUZZ_CASE (as a fault names it) sends one case again, ROUSE_FUZZ (a number of requests) makes a long one: see <c>.ci/fuzz</c>.
/// </summary>
public sealed class ApiTests(ITestOutputHelper output)
{
    private const int PerOperation = 200;
    private const ulong Seed = 20261121;

    /// <summary>Of the whole process after the run, garbage collected: server, fakes and this test.</summary>
    private const long MostMegabytes = 700;

    /// <summary>Answered with success by services only, and none of the deployments made here is one that runs.</summary>
    private static readonly string[] s_forwarding = ["ForwardGet", "ForwardPost", "ForwardPut", "ForwardPatch", "ForwardDelete", "ForwardHead", "ForwardOptions"];

    /// <summary>
    /// Answered with success only where the operator has set a shared cache up, which needs a store that nothing here is; where workers have an engine that makes
    /// pictures; by the name of a deployment, which no case knows; for services that run; or by an address that was
    /// signed for something that a job made.
    /// </summary>
    private static readonly string[] s_neverGood =
        ["listCache", "fillCache", "emptyCache", "generateImages", "textToImage", "getModel", "sleepDeployment", "wakeDeployment", "sendOutput", "fetchOutput", "getOutput", .. s_forwarding];

    [Fact]
    public async Task EveryOperation_AnswersAsItsDocumentSays()
    {
        var document = ApiDocument.Committed();
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("ROUSE_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Seed;
        var isLong = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_FUZZ"), CultureInfo.InvariantCulture, out var requests);
        await using var world = await FuzzWorld.StartAsync();
        var run = new FuzzRun(world, document, seed);
        if (Environment.GetEnvironmentVariable("ROUSE_FUZZ_CASE") is { Length: > 0 } name) await run.RunOneAsync(name);
        else await run.RunAsync(isLong ? Math.Max(1, requests / document.Operations.Count) : PerOperation);

        output.WriteLine(run.Tally.Table(run.Elapsed));
        var megabytes = GC.GetTotalMemory(forceFullCollection: true) >> 20;
        output.WriteLine(FormattableString.Invariant($"{megabytes} MB live after the run, seed {seed}"));
        foreach (var fault in run.Faults) output.WriteLine(fault);
        Assert.Empty(run.Faults);
        Assert.True(megabytes < MostMegabytes, $"{megabytes} MB");
        Assert.Empty(run.Tally.NeverGood().Except(s_neverGood, StringComparer.Ordinal));
    }
}
