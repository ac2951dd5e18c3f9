using System.Text;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Protocol;

public sealed class PartTests
{
    [Fact]
    public async Task Parts_GoAheadInOrder_EachUntilItIsTaken()
    {
        await using var worker = await WorkerFixture.StartAsync(Streams(3));
        foreach (var status in (int[])[200, 503, 429, 200]) worker.Plane.StreamStatuses.Enqueue(status);
        worker.Plane.Hand("g", "{}");

        var done = await worker.Plane.FirstAsync("job-done");

        Assert.Equal("/v2/dep1/job-done/w1/g?gpu=cpu&isStream=true", done.Target);
        Assert.Equal("""{"output":[1,2,3]}""", done.Body);
        Assert.Equal(
            ["1 {\"output\":1}", "2 {\"output\":2}", "2 {\"output\":2}", "2 {\"output\":2}", "3 {\"output\":3}"],
            worker.Plane.Of("job-stream").Select(static seen => $"{seen.Headers["X-Rouse-Part"]} {seen.Body}"));
    }

    [Fact]
    public async Task Part_ThatIsRefused_FailsTheJob_RatherThanLeaveAHole()
    {
        await using var worker = await WorkerFixture.StartAsync(Streams(3));
        foreach (var status in (int[])[200, 409]) worker.Plane.StreamStatuses.Enqueue(status);
        worker.Plane.Hand("g", "{}");

        var done = await worker.Plane.FirstAsync("job-done");

        Assert.EndsWith("isStream=true", done.Target, StringComparison.Ordinal);
        Assert.StartsWith("""{"error":"stream_refused: The job plane refused part 2 of the answer (1 bytes) with HTTP 409""", done.Body, StringComparison.Ordinal);
        Assert.Equal(2, worker.Plane.Of("job-stream").Count);
    }

    private static ScriptedEngine Streams(int parts) => new((_, _, _) => Task.FromResult($"[{string.Join(',', Enumerable.Range(1, parts))}]"))
    {
        Stream = async (_, events, ct) =>
        {
            for (var part = 1; part <= parts; part++) await events.Part(Encoding.UTF8.GetBytes($"{part}"), ct);
        },
    };
}
