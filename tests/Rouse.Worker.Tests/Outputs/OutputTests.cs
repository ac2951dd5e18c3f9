using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Outputs;

/// <summary>Where what a job made goes, by a whole worker over real sockets.</summary>
public sealed class OutputTests
{
    [Fact]
    public async Task Job_ThatMadeSeveralThings_AnswersWithAUrlOfEach_AndEqualOnesAreStoredOnce()
    {
        await using var bucket = await FakeBucket.StartAsync();
        var (picture, other) = (Bytes(70_000), Bytes(50_000));
        var engine = MakingEngine.Of(
            new("image/png", picture, 7), new("image/png", picture, 8), new("image/webp", other, 9), new("video/mp4", Bytes(90_000)), new("audio/wav", Bytes(1_000)));
        await using var worker = await WorkerFixture.StartAsync(engine, environment: variables =>
        {
            bucket.Tell(variables);
            variables["ROUSE_OUTPUT"] = "store";
        });
        worker.Plane.Hand("j1", "{}");

        var output = Output(await worker.Plane.FirstAsync("job-done"));

        var images = output.GetProperty("images").EnumerateArray().ToArray();
        Assert.Equal(images[0].GetProperty("url").GetString(), output.GetProperty("image_url").GetString());
        Assert.Equal([7L, 8, 9], images.Select(image => image.GetProperty("seed").GetInt64()));
        Assert.Equal(picture, await bucket.ReadAsync(images[1].GetProperty("url").GetString()!));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(other)), images[2].GetProperty("sha256").GetString());
        Assert.Equal(("image/webp", 50_000), (images[2].GetProperty("media_type").GetString(), images[2].GetProperty("size").GetInt32()));
        Assert.Equal(90_000, (await bucket.ReadAsync(output.GetProperty("video_url").GetString()!)).Length);
        Assert.EndsWith(".wav", new Uri(output.GetProperty("audios")[0].GetProperty("url").GetString()!).AbsolutePath, StringComparison.Ordinal);
        Assert.Equal("m", output.GetProperty("model_id").GetString());
        Assert.Equal((4, 4), (bucket.Puts, bucket.Objects.Count));
        Assert.DoesNotContain("Signature", worker.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_WhoseAnswerFits_KeepsItsPicturesInIt()
    {
        await using var bucket = await FakeBucket.StartAsync();
        await using var worker = await WorkerFixture.StartAsync(MakingEngine.Of(new OutputFile("image/png", Bytes(10), 7)), environment: bucket.Tell);
        worker.Plane.Hand("j1", "{}");

        var output = Output(await worker.Plane.FirstAsync("job-done"));

        Assert.Equal(10, output.GetProperty("images")[0].GetProperty("image_base64").GetBytesFromBase64().Length);
        Assert.Empty(bucket.Requests);
    }

    [Theory]
    [InlineData(413)]
    [InlineData(400)] // How Runpod says it.
    public async Task Job_WhoseAnswerThePlaneDoesNotTake_IsStoredAndNamedInstead(int refusal)
    {
        await using var bucket = await FakeBucket.StartAsync();
        var picture = Bytes(1_500_000);
        await using var worker = await WorkerFixture.StartAsync(MakingEngine.Of(new OutputFile("image/png", picture, 7)), environment: bucket.Tell);
        worker.Plane.DoneStatuses.Enqueue(refusal);
        worker.Plane.Hand("j1", "{}");

        await Deadline.UntilAsync(() => worker.Plane.Of("job-done").Count == 2);

        var output = Output(worker.Plane.Of("job-done")[1]);
        Assert.Equal(picture, await bucket.ReadAsync(output.GetProperty("images")[0].GetProperty("url").GetString()!));
    }

    [Fact]
    public async Task Job_OfAnEngineThatAnswersByItself_IsKeptWholeAndReadableByteForByte()
    {
        await using var bucket = await FakeBucket.StartAsync();
        var answer = Encoding.UTF8.GetBytes($$"""{"images":["{{Convert.ToBase64String(Bytes(30_000))}}"], "info" : "as it came"}""");
        await using var worker = await WorkerFixture.StartAsync(new MakingEngine(new EngineResult.Completed(answer)), environment: variables =>
        {
            bucket.Tell(variables);
            variables["ROUSE_OUTPUT_INLINE_BYTES"] = "20000";
        });
        worker.Plane.Hand("j1", "{}");

        var spilled = Output(await worker.Plane.FirstAsync("job-done")).GetProperty("spilled");

        Assert.Equal(answer, await bucket.ReadAsync(spilled.GetProperty("url").GetString()!));
        Assert.Equal("application/json", spilled.GetProperty("media_type").GetString());
    }

    [Fact]
    public async Task Job_UnderAControlPlane_IsPutWhereItSays_WithoutAnyKeyOfAStore()
    {
        await using var bucket = await FakeBucket.StartAsync();
        await using var worker = await WorkerFixture.StartAsync(MakingEngine.Of(new OutputFile("image/png", Bytes(100), 7)), environment: static variables => variables["ROUSE_OUTPUT"] = "store");
        worker.Plane.Outputs = seen => seen.Method == "PUT" ? new(200, "{}")
            : worker.Plane.Of("outputs").Any(static one => one.Method == "PUT") ? new(200, """{"stored":true,"url":"https://x/y","expires_at":"2030-01-01T00:00:00Z"}""")
            : new(200, """{"stored":false,"put_url":"outputs/thing?signature=s"}""");
        worker.Plane.Hand("j1", "{}");

        Assert.Equal("https://x/y", Output(await worker.Plane.FirstAsync("job-done")).GetProperty("image_url").GetString());

        Assert.Equal(["POST", "PUT", "POST"], worker.Plane.Of("outputs").Select(static seen => seen.Method));
        Assert.Equal("/internal/v1/deployments/dep1/attempts/2/outputs/thing?signature=s", worker.Plane.Of("outputs")[1].Target);
        Assert.Contains("webhook-signature", worker.Plane.Of("outputs")[0].Headers.Keys);
        Assert.Empty(worker.Plane.Of("outputs")[1].Authorization);
    }

    [Fact]
    public async Task Job_ThatIsCancelledWhileItsResultIsStored_StoresAndPostsNothingMore()
    {
        await using var bucket = await FakeBucket.StartAsync();
        bucket.Trouble = 503;
        await using var worker = await WorkerFixture.StartAsync(MakingEngine.Of(new OutputFile("image/png", Bytes(100), 7)), environment: variables =>
        {
            bucket.Tell(variables);
            variables["ROUSE_OUTPUT"] = "store";
        });
        worker.Plane.Hand("c-1", "{}");
        await Deadline.UntilAsync(() => !bucket.Requests.IsEmpty);

        worker.Plane.Stops.Writer.TryWrite(new FakeJobPlane.Answer(200, """{"jobsToStop":["c-1"]}"""));
        await Deadline.UntilAsync(() => worker.Output.ToString().Contains("was dropped", StringComparison.Ordinal));
        var asked = bucket.Requests.Count;
        bucket.Trouble = null;
        worker.Plane.Hand("c-2", "{}");
        await worker.Plane.FirstAsync("job-done", static seen => seen.Target.Contains("/c-2?", StringComparison.Ordinal));

        Assert.Equal(asked + 2, bucket.Requests.Count);
        Assert.DoesNotContain(worker.Plane.Of("job-done"), static seen => seen.Target.Contains("/c-1?", StringComparison.Ordinal));
    }

    private static JsonElement Output(FakeJobPlane.Seen done) => JsonElement.Parse(done.Body).GetProperty("output");

    /// <summary>Always the same for the same length, and like nothing else.</summary>
    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
