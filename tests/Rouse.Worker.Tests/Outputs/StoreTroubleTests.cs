using System.Text.Json;
using Rouse.Contracts.Secrecy;
using Rouse.Worker.Engines;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Outputs;
using Rouse.Worker.Protocol;
using Rouse.Worker.Reports;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Outputs;

/// <summary>Stores that are away, full, or not there at all: what was made is in none of these cases lost.</summary>
[Collection("alone")]
public sealed class StoreTroubleTests : IDisposable
{
    private static readonly TimeSpan s_week = TimeSpan.FromDays(7);
    private readonly HttpClient _http = Composition.CreateHubHttp();
    private readonly SteppedTime _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-outputs").FullName;
    private readonly byte[] _picture = [.. Enumerable.Range(0, 5000).Select(static i => (byte)i)];

    [Fact]
    public async Task Store_ThatIsAwayForAWhile_HasItInTheEnd()
    {
        await using var bucket = await FakeBucket.StartAsync();
        (bucket.Trouble, bucket.Date) = (503, _time.GetUtcNow());
        var placing = PlaceAsync(Desk(bucket));
        for (var i = 0; i < 5; i++) await _time.StepAsync();
        bucket.Trouble = null;
        while (!placing.IsCompleted) await Task.WhenAny(placing, _time.StepAsync());

        var output = (await placing).GetProperty("images")[0];
        Assert.Equal(_picture, await bucket.ReadAsync(output.GetProperty("url").GetString()!));
    }

    [Fact]
    public async Task Store_ThatIsAwayForGood_LeavesItInTheFolder_AndTheAnswerNamesIt()
    {
        await using var bucket = await FakeBucket.StartAsync();
        (bucket.Trouble, bucket.Date) = (503, _time.GetUtcNow());
        var began = _time.GetUtcNow();
        var placing = PlaceAsync(Desk(bucket));
        while (!placing.IsCompleted) await Task.WhenAny(placing, _time.StepAsync());

        var image = (await placing).GetProperty("images")[0];
        Assert.Equal(_picture, await File.ReadAllBytesAsync(image.GetProperty("path").GetString()!));
        Assert.Equal(7, image.GetProperty("seed").GetInt32());
        Assert.InRange(_time.GetUtcNow() - began, Uploader.Patience, 2 * Uploader.Patience);
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Store_WithOtherBytesUnderTheName_IsSentTheRightOnes()
    {
        await using var bucket = await FakeBucket.StartAsync();
        bucket.Date = _time.GetUtcNow();
        bucket.Objects["/b/" + Rouse.Contracts.Workers.OutputName.PathOf(MadeThing.Of("image/png", _picture).Name)] = new byte[_picture.Length];
        var image = (await PlaceAsync(Desk(bucket))).GetProperty("images")[0];
        Assert.Equal(_picture, await bucket.ReadAsync(image.GetProperty("url").GetString()!));

        await PlaceAsync(Desk(bucket));
        Assert.Equal(1, bucket.Puts);
    }

    [Fact]
    public async Task APart_ThatPlanesWouldLeaveOutOfAStream_IsStored_AndASmallOneIsSentAsItIs()
    {
        await using var bucket = await FakeBucket.StartAsync();
        bucket.Date = _time.GetUtcNow();
        byte[] large = [(byte)'"', .. Enumerable.Repeat((byte)'x', OutputDesk.LargestPart), (byte)'"'];
        var part = JsonElement.Parse((await Desk(bucket).PartAsync("j1", large, CancellationToken.None)).Span);
        Assert.Equal(large, await bucket.ReadAsync(part.GetProperty("spilled").GetProperty("url").GetString()!));
        Assert.Equal(large[..9], (await Desk(bucket).PartAsync("j1", large.AsMemory(0, 9), CancellationToken.None)).ToArray());
    }

    [Fact]
    public async Task Store_ThatTakesBytesAndNeverHasThem_IsNotAskedForEver()
    {
        var store = new Forgetful();
        await using var bucket = await FakeBucket.StartAsync();
        store.Put = new Uri(bucket.Url + "/x?X-Amz-Signature=1");
        Assert.IsType<StoreWord.Refuses>(await new Uploader(_http, store, Clock).PutAsync(MadeThing.Of("image/png", _picture), _time.GetTimestamp(), _picture.Length, CancellationToken.None));
        Assert.Equal(3, bucket.Puts);
    }

    [Fact]
    public async Task Store_WhoseClockIsAnother_IsSignedForByItsOwn()
    {
        await using var bucket = await FakeBucket.StartAsync();
        bucket.Date = _time.GetUtcNow() + TimeSpan.FromHours(3);
        var placing = PlaceAsync(Desk(bucket));
        while (!placing.IsCompleted) await Task.WhenAny(placing, _time.StepAsync());
        Assert.Contains("X-Amz-Date=20300101T03", (await placing).GetProperty("image_url").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_ThatTakesIt_FailsTheJobWithWords()
    {
        var file = Path.Combine(_folder, "a-file");
        await File.WriteAllTextAsync(file, "");
        var placed = await Desk(null, file).PlaceAsync("j1", Large(), CancellationToken.None);
        var kept = await placed.Elsewhere!(CancellationToken.None);
        Assert.StartsWith("result_not_kept: ", kept.Error, StringComparison.Ordinal);
    }

    /// <summary>64 MiB through the worker: neither base64 nor a copy of it is made.</summary>
    [Fact]
    public async Task Store_IsSentLargeResults_FromWhereTheEngineLeftThem()
    {
        await using var bucket = await FakeBucket.StartAsync();
        (bucket.Forgets, bucket.Date) = (true, _time.GetUtcNow());
        var outcome = new JobOutcome(null, null) { Result = new EngineResult.Made([new("video/mp4", new byte[64 << 20])], static _ => { }) };
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var placing = Desk(bucket).PlaceAsync("j1", outcome, CancellationToken.None);
        while (!placing.IsCompleted) await Task.WhenAny(placing, _time.StepAsync());
        Assert.Null((await placing).Error);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 16 << 20);
    }

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Clock Clock => new(_time, static () => 0);

    private OutputDesk Desk(FakeBucket? bucket, string? folder = null)
    {
        var settings = bucket is null ? null : new BucketSettings(new Uri(bucket.Url + "/b/"), "us-east-1", "k", "s", TimeSpan.FromHours(1));
        var uploader = settings is null ? null : new Uploader(_http, new BucketStore(_http, settings, _time), Clock);
        return new OutputDesk(
            new OutputSettings(ByUrl: false, 1024, settings, folder ?? _folder, s_week), uploader, new OutputFolder(folder ?? _folder, s_week, static () => "t", _time),
            new WorkerLog(TextWriter.Null, _time, new SecretMask([])), Clock);
    }

    private JobOutcome Large() => new(null, null) { Result = new EngineResult.Made([new("image/png", _picture, 7)], static json => json.WriteString("model_id", "m")) };

    /// <summary>On a plane that takes no answer over 1 KiB.</summary>
    private async Task<JsonElement> PlaceAsync(OutputDesk desk)
    {
        var placed = await desk.PlaceAsync("j1", Large(), CancellationToken.None);
        if (placed.Elsewhere is { } elsewhere) placed = await elsewhere(CancellationToken.None);
        return JsonElement.Parse(placed.Output!.Value.Span);
    }

    private sealed class Forgetful : OutputStore
    {
        public Uri Put { get; set; } = new("http://127.0.0.1/");

        public override Task<StoreWord> AskAsync(MadeThing thing, CancellationToken ct) => Task.FromResult<StoreWord>(new StoreWord.Wants(Put, Then: null));
    }
}

/// <summary>For what counts the process's own allocations.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
