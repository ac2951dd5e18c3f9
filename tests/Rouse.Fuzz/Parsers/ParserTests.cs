using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace Rouse.Fuzz.Parsers;

/// <summary>
/// Everything that reads what strangers write, given mutations of good input: no exception escapes, no input takes long or much memory, and what is
/// accepted keeps the parser's promise. ROUSE_FUZZ says how many inputs, ROUSE_FUZZ_SEED which.
/// </summary>
public sealed class ParserTests(ITestOutputHelper output)
{
    private const int Inputs = 5_000;
    private const ulong Seed = 20261121;

    /// <summary>Bytes of one input: enough for any bound of length to be passed.</summary>
    private const int MostBytes = 20_000;

    /// <summary>Of processor time would be better, but a parser that is only slow for want of a processor is far below this.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(2);

    /// <summary>Allocated for one input.</summary>
    private const long MostAllocated = 32 << 20;

    public static TheoryData<string> Names => [.. ParserTargets.All.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parser_TakesAnything(string name)
    {
        var (corpus, parse) = ParserTargets.All[name];
        var seed = ulong.TryParse(Environment.GetEnvironmentVariable("ROUSE_FUZZ_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Seed;
        var count = int.TryParse(Environment.GetEnvironmentVariable("ROUSE_FUZZ"), CultureInfo.InvariantCulture, out var many) ? many : Inputs;
        byte[][] good = [.. corpus.Select(Encoding.UTF8.GetBytes)];
        var (accepted, slowest, largest) = (0, TimeSpan.Zero, 0L);
        var all = Stopwatch.StartNew();
        for (var index = -good.Length; index < count; index++)
        {
            var input = index < 0 ? good[index + good.Length] : Mutator.Make(good, MostBytes, Chance.Of(seed, name, index));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var begun = Stopwatch.GetTimestamp();
            try
            {
                if (parse(input)) accepted++;
            }
            catch (Exception error)
            {
                Assert.Fail($"{name}, seed {seed}, input {index}: {error.GetType().Name} {error.Message}\n{Shown(input)}\n{error.StackTrace}");
            }

            var (took, allocated) = (Stopwatch.GetElapsedTime(begun), GC.GetAllocatedBytesForCurrentThread() - before);
            (slowest, largest) = (took > slowest ? took : slowest, Math.Max(largest, allocated));
            Assert.True(took < MostTime && allocated < MostAllocated, $"{name}, seed {seed}, input {index}: {took.TotalMilliseconds} ms, {allocated} bytes\n{Shown(input)}");
        }

        output.WriteLine(FormattableString.Invariant(
            $"| {name} | {count:N0} inputs | {accepted:N0} accepted | slowest {slowest.TotalMilliseconds:0.0} ms | most {largest >> 10:N0} KiB | {count / all.Elapsed.TotalSeconds:N0} a second |"));
        Assert.True(accepted > 0, "Not even good input was accepted: nothing but the first refusal was tried.");
    }

    private static string Shown(byte[] input) => input.Length <= 2000 ? $"base64 {Convert.ToBase64String(input)}\n{Encoding.UTF8.GetString(input)}" : $"{input.Length} bytes";
}
