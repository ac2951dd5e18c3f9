using System.Security.Cryptography;
using Rouse.Server.Caching;
using Rouse.Server.Caching.S3;
using Rouse.Store.Caching;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Caching;

/// <summary>Fills against a real S3 server and a hub that fails as told: whole or a miss, whatever happens, and one writer.</summary>
public sealed class CacheFillTests : IAsyncLifetime
{
    private readonly FakeRepository _big = CacheWorld.Big("org/big");
    private CacheWorld _world = null!;

    public async Task InitializeAsync()
    {
        if (new SwiftFactAttribute().Skip is null) _world = await CacheWorld.CreateAsync(_big, CacheWorld.Big("org/gated", gated: true));
    }

    public async Task DisposeAsync()
    {
        if (_world is not null) await _world.DisposeAsync();
    }

    [SwiftFact]
    public async Task Fill_BringsWhatWorkersLoad_WithTheirHashes_AndTheManifestLast()
    {
        var release = new TaskCompletionSource();
        (_world.Hub.Script.HoldBodies, _world.Hub.Script.HoldFrom) = (release.Task, 10 << 20);
        await _world.WantAsync(_big);
        using var writer = await _world.StartAsync("one");
        await Eventually.TrueAsync(async () => await _world.Bucket.OpenUploadsAsync() == 1);
        // Half of it is no more than nothing.
        Assert.DoesNotContain(await _world.Bucket.KeysAsync(), key => key.EndsWith(CacheManifest.Name, StringComparison.Ordinal));
        Assert.Null(await _world.ReadAsync(_big));
        release.SetResult();
        await WholeAsync();

        var manifest = (await _world.ReadAsync(_big))!;
        Assert.Equal(
            ["model_index.json", "text_encoder/model.onnx", "tokenizer/empty.txt", "unet/model.onnx", "vae_decoder/model.onnx"], manifest.Files.Select(file => file.Path));
        Assert.Equal(("org/big", _big.Commit), (manifest.Model, manifest.Revision));
        foreach (var file in manifest.Files)
        {
            var bytes = await _world.Bucket.GetAsync(_world.Wish(_big).Place.Key(file.Path));
            Assert.Equal((file.Size, file.Sha256), (bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        }

        Assert.Equal(0, await _world.Bucket.OpenUploadsAsync());
        await writer.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task FillThatWasStopped_IsAMiss_AndTheNextGoesOnBehindTheLastWholeFile()
    {
        var never = new TaskCompletionSource();
        (_world.Hub.Script.HoldBodies, _world.Hub.Script.HoldFrom) = (never.Task, 5 << 20);
        var entry = await _world.WantAsync(_big);
        using (var writer = await _world.StartAsync("one"))
        {
            await Eventually.TrueAsync(async () => await _world.Bucket.OpenUploadsAsync() == 1);
            await writer.StopAsync(CancellationToken.None);
        }

        Assert.Null(await _world.ReadAsync(_big));
        var before = (await _world.Entries.ListFilesAsync(entry.Id, CancellationToken.None)).Select(file => file.Path).ToList();
        Assert.NotEmpty(before);
        _world.Hub.Script.HoldBodies = null;
        _world.Hub.Requests.Clear();
        using var next = await _world.StartAsync("two");
        await WholeAsync();
        // The index of the pipeline is looked at in any case.
        before.Remove("model_index.json");
        Assert.DoesNotContain(_world.Hub.Requests, request => before.Exists(path => request.Path.EndsWith("/" + path, StringComparison.Ordinal)));
        Assert.Equal(0, await _world.Bucket.OpenUploadsAsync());
        await next.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task WriterThatDied_LeavesAnUploadThatTheNextOneAborts()
    {
        var entry = await _world.WantAsync(_big);
        using (var dead = _world.Open(entry))
        {
            // What a process that was killed has done by then.
            await dead.UploadPartAsync("unet/model.onnx", await dead.BeginUploadAsync("unet/model.onnx", CancellationToken.None), 1, new byte[1000], CancellationToken.None);
        }

        Assert.Equal(1, await _world.Bucket.OpenUploadsAsync());
        using var writer = await _world.StartAsync("one");
        await WholeAsync();
        Assert.Equal(0, await _world.Bucket.OpenUploadsAsync());
        await writer.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task TwoServers_ForOnePlace_AreOneWriter()
    {
        _world.Hub.Script.BytesPerSecond = 8 << 20;
        using var one = await _world.StartAsync("one");
        using var two = await _world.StartAsync("two");
        await _world.WantAsync(_big);
        one.Nudge();
        two.Nudge();
        await WholeAsync();
        // Whatever both had done would have been asked of the hub twice.
        var parts = _world.Hub.Requests.Where(request => request.IsContentNetwork).Select(request => (request.Path, request.Range)).ToList();
        Assert.Equal(5, parts.Count);
        Assert.Equal(parts.Distinct(), parts);
        await Task.WhenAll(one.StopAsync(CancellationToken.None), two.StopAsync(CancellationToken.None));
    }

    [SwiftFact]
    public async Task WriterThatIsStopped_LeavesTheUploadOfWhoeverReplacedIt()
    {
        var never = new TaskCompletionSource();
        (_world.Hub.Script.HoldBodies, _world.Hub.Script.HoldFrom) = (never.Task, 5 << 20);
        var entry = await _world.WantAsync(_big);
        using var replaced = await _world.StartAsync("one");
        await Eventually.TrueAsync(async () => await _world.Bucket.OpenUploadsAsync() == 1);
        using var other = _world.Open(entry);
        var upload = await other.BeginUploadAsync("unet/model.onnx", CancellationToken.None);

        await replaced.StopAsync(CancellationToken.None);

        Assert.Equal(1, await _world.Bucket.OpenUploadsAsync());
        var part = await other.UploadPartAsync("unet/model.onnx", upload, 1, new byte[1000], CancellationToken.None);
        await other.CompleteUploadAsync("unet/model.onnx", upload, [part], CancellationToken.None);
        Assert.Equal(0, await _world.Bucket.OpenUploadsAsync());
        // What somebody ended under a writer is begun anew, not given up.
        upload = await other.BeginUploadAsync("unet/model.onnx", CancellationToken.None);
        await other.AbortUploadAsync("unet/model.onnx", upload, CancellationToken.None);
        Assert.True((await Assert.ThrowsAsync<S3Fault>(() => other.UploadPartAsync("unet/model.onnx", upload, 2, new byte[1000], CancellationToken.None))).IsPassing);
    }

    [SwiftFact]
    public async Task WhatOthersWorkOn_AndWhatFailsUnexpectedly_KeepsNobodyFromTheRest()
    {
        for (var i = 0; i < _world.Limits.Fills; i++)
        {
            var elsewhere = await _world.WantAsync(new FakeRepository($"org/elsewhere-{i}"));
            Assert.NotNull(await _world.Leases.TryAcquireAsync("cache/" + elsewhere.Id, "other", TimeSpan.FromMinutes(10), CancellationToken.None));
            // A name that no parser lets through, as an older version may have kept one.
            await _world.WantAsync(new FakeRepository($"org/no name {i}"));
        }

        await _world.WantAsync(_big);
        using var writer = await _world.StartAsync("one");
        await WholeAsync();
        await Eventually.TrueAsync(async () => await _world.FindAsync(new FakeRepository("org/no name 0")) is { Tries: > 1, State: CacheState.Wanted });
        await writer.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task RemovalThatAnotherServerHasEnded_TakesNothingOfWhatWasPutThereSince()
    {
        await WholeFromStartAsync();
        var old = (await _world.FindAsync(_big))!;
        await _world.Entries.RequestRemovalAsync(tenant: null, "org/big", CancellationToken.None);
        var due = Assert.Single(await _world.Entries.ListDueAsync(10, CancellationToken.None));
        using (var writer = await _world.StartAsync("one"))
        {
            await Eventually.TrueAsync(async () => await _world.FindAsync(_big) is null);
            await writer.StopAsync(CancellationToken.None);
        }

        await WholeFromStartAsync();
        using var late = await _world.StartAsync("two");
        var lease = (await _world.Leases.TryAcquireAsync("cache/" + old.Id, "two", TimeSpan.FromMinutes(1), CancellationToken.None))!;

        Assert.True(await late.WorkAsync(due, lease, CancellationToken.None));

        Assert.NotNull(await _world.ReadAsync(_big));
        Assert.Contains(_world.Wish(_big).Place.Key("unet/model.onnx"), await _world.Bucket.KeysAsync());
        await late.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task PausedWriter_ThatWasReplaced_MakesNothingWhole()
    {
        var entry = await _world.WantAsync(_big);
        var paused = (await _world.Leases.TryAcquireAsync("cache/" + entry.Id, "paused", TimeSpan.FromMilliseconds(1), CancellationToken.None))!;
        await Eventually.TrueAsync(async () => await _world.Leases.TryAcquireAsync("cache/" + entry.Id, "other", TimeSpan.FromMinutes(1), CancellationToken.None) is not null);
        using var store = _world.Open(entry);
        await Assert.ThrowsAsync<CacheFault>(() => _world.Fill().FillAsync(entry, store, token: null, paused, CancellationToken.None));
        Assert.Null(await _world.ReadAsync(_big));
        Assert.DoesNotContain(await _world.Bucket.KeysAsync(), key => key.EndsWith(CacheManifest.Name, StringComparison.Ordinal));
    }

    [SwiftFact]
    public async Task ManifestsOfTwoWriters_AreTheSameBytes_SoNoRaceCanMixThem()
    {
        var entry = await _world.WantAsync(_big);
        var lease = (await _world.Leases.TryAcquireAsync("cache/" + entry.Id, "one", TimeSpan.FromMinutes(1), CancellationToken.None))!;
        using var store = _world.Open(entry);
        await _world.Fill().FillAsync(entry, store, token: null, lease, CancellationToken.None);
        var first = await _world.Bucket.GetAsync(entry.Wish.Place.Key(CacheManifest.Name));
        await _world.Entries.LoseAsync(tenant: null, entry.Id, CancellationToken.None);
        var again = await _world.WantAsync(_big);
        await _world.Fill().FillAsync(again, store, token: null, (await _world.Leases.TryAcquireAsync("cache/" + again.Id, "two", TimeSpan.FromMinutes(1), CancellationToken.None))!, CancellationToken.None);
        Assert.Equal(first, await _world.Bucket.GetAsync(entry.Wish.Place.Key(CacheManifest.Name)));
    }

    [SwiftFact]
    public async Task ManifestThatSomebodyWrote_IsNotTaken()
    {
        await WholeFromStartAsync();
        var key = _world.Wish(_big).Place.Key(CacheManifest.Name);
        var text = System.Text.Encoding.UTF8.GetString(await _world.Bucket.GetAsync(key));
        await _world.Bucket.PutAsync(key, System.Text.Encoding.UTF8.GetBytes(text.Replace("unet/", "../unet/", StringComparison.Ordinal)));
        Assert.Null(await _world.ReadAsync(_big));
        await _world.Bucket.PutAsync(key, System.Text.Encoding.UTF8.GetBytes(text.Replace(_big.Commit, new string('0', 40), StringComparison.Ordinal)));
        Assert.Null(await _world.ReadAsync(_big));
    }

    [SwiftFact]
    public async Task WrongBytesFromTheHub_AreNotKept_AndComeAgain()
    {
        var release = new TaskCompletionSource();
        _world.Hub.Script.HoldBodies = release.Task;
        var entry = await _world.WantAsync(_big);
        using var writer = await _world.StartAsync("one");
        await Eventually.TrueAsync(() => _world.Hub.Requests.Any(request => request.IsContentNetwork));
        // The part after the one that is on its way.
        _world.Hub.Script.WrongBodies = 1;
        release.SetResult();
        await WholeAsync();
        Assert.Equal(0, _world.Hub.Script.WrongBodies);
        var weights = Assert.Single((await _world.ReadAsync(_big))!.Files, file => file.Path == "unet/model.onnx");
        Assert.Equal(weights.Etag, Convert.ToHexStringLower(SHA256.HashData(await _world.Bucket.GetAsync(entry.Wish.Place.Key("unet/model.onnx")))));
        Assert.Equal(0, await _world.Bucket.OpenUploadsAsync());
        await writer.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task HubThatFailsInBetween_IsAskedAgain()
    {
        foreach (var status in (int[])[503, 500, 502, 503, 503, 503, 503]) _world.Hub.Script.FileStatuses.Enqueue(status);
        foreach (var cut in (long[])[1 << 20, 100]) _world.Hub.Script.Cuts.Enqueue(cut);
        await WholeFromStartAsync();
        Assert.NotNull(await _world.ReadAsync(_big));
    }

    [SwiftFact]
    public async Task GatedModel_NeverEntersTheSharedCache()
    {
        var gated = CacheWorld.Big("org/gated", gated: true);
        await _world.WantAsync(gated);
        using var writer = await _world.StartAsync("one");
        await Eventually.TrueAsync(async () => await _world.FindAsync(gated) is { State: CacheState.Failed });
        Assert.Contains("gated", (await _world.FindAsync(gated))!.Failure, StringComparison.Ordinal);
        Assert.Empty(await _world.Bucket.KeysAsync());
        Assert.All(_world.Hub.Requests, request => Assert.Null(request.Authorization));
        await writer.StopAsync(CancellationToken.None);
    }

    [SwiftFact]
    public async Task Removal_LeavesNothing()
    {
        await WholeFromStartAsync();
        Assert.Equal(1, await _world.Entries.RequestRemovalAsync(tenant: null, "org/big", CancellationToken.None));
        using var writer = await _world.StartAsync("one");
        await Eventually.TrueAsync(async () => await _world.FindAsync(_big) is null);
        Assert.Empty(await _world.Bucket.KeysAsync());
        await writer.StopAsync(CancellationToken.None);
    }

    private async Task WholeFromStartAsync()
    {
        await _world.WantAsync(_big);
        using var writer = await _world.StartAsync("one");
        await WholeAsync();
        await writer.StopAsync(CancellationToken.None);
    }

    private Task WholeAsync() => Eventually.TrueAsync(async () => await _world.FindAsync(_big) is { State: CacheState.Complete });
}
