using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Contracts.Workers;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Outputs;
using Rouse.Server.Spool;
using Rouse.Store;
using Rouse.Store.Outputs;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Outputs;

/// <summary>What is kept goes when its time is over, and what a crash left with it.</summary>
public sealed class OutputSweepTests : IAsyncLifetime
{
    private static readonly DeploymentId s_deployment = DeploymentId.FromRandom(new byte[Rouse.Core.Ids.RandomBytes]);
    private static readonly TenantId s_tenant = TenantId.Parse("acme");
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-sweep-").FullName;
    private readonly ManualTime _time = new(TimeProvider.System.GetUtcNow());
    private readonly OutputLimits _limits = new();
    private Database _database = null!;
    private JobOutputStore _rows = null!;
    private OutputPlaces _places = null!;

    public async Task InitializeAsync()
    {
        _database = await Database.OpenAsync($"sqlite:{_folder}/test.db");
        _rows = new JobOutputStore(_database, _time);
        _places = new OutputPlaces(new SpoolFolder(Path.Combine(_folder, "outputs")), Store: null);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task WhatIsKept_GoesWhenItsTimeIsOver_AndNotBefore()
    {
        var kept = await StoreAsync("kept"u8.ToArray());
        _time.Advance(_limits.Kept - TimeSpan.FromMinutes(1));
        Assert.Equal(0, await Sweep().SweepAsync(default));
        Assert.True(await _places.HasAsync(kept, default));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await Sweep().SweepAsync(default));
        Assert.False(await _places.HasAsync(kept, default));
        Assert.Null(await _rows.FindAsync(s_deployment, kept.Name, default));
    }

    [Fact]
    public async Task WhatWasAnnouncedAndNeverCame_GivesItsRoomBack()
    {
        var never = Named("never"u8.ToArray());
        Assert.Equal(OutputRoom.Made, await _rows.BeginAsync(never, _time.GetUtcNow() + _limits.Waiting, 5, 5, isLost: false, default));
        Assert.Equal(OutputRoom.Full, await _rows.BeginAsync(Named("other"u8.ToArray()), _time.GetUtcNow() + _limits.Waiting, 5, 5, isLost: false, default));
        _time.Advance(_limits.Waiting);
        await Sweep().SweepAsync(default);
        Assert.Equal(OutputRoom.Made, await _rows.BeginAsync(Named("other"u8.ToArray()), _time.GetUtcNow() + _limits.Waiting, 5, 5, isLost: false, default));
    }

    /// <summary>Killed while a body came, or between the last byte and the row.</summary>
    [Fact]
    public async Task FilesThatNobodyKnows_GoOnceNobodyCanBeWritingThem()
    {
        var kept = await StoreAsync("kept"u8.ToArray());
        var root = Path.Combine(_folder, "outputs");
        var orphans = new[] { $"{s_deployment}.{new string('a', 64)}.png", $"{s_deployment}.{new string('b', 64)}.png.partial" };
        foreach (var orphan in orphans) await File.WriteAllTextAsync(Path.Combine(root, orphan), "x");
        Assert.Equal(0, await Sweep().SweepAsync(default));
        foreach (var file in Directory.EnumerateFiles(root)) File.SetLastWriteTimeUtc(file, _time.GetUtcNow().UtcDateTime - SpoolFolder.OrphanAge - TimeSpan.FromSeconds(1));
        Assert.Equal(2, await Sweep().SweepAsync(default));
        Assert.Equal([OutputPlaces.FileOf(kept)], Directory.EnumerateFiles(root).Select(Path.GetFileName));
    }

    /// <summary>The first sender is slow, and whoever sends the same meanwhile does not get in its way.</summary>
    [Fact]
    public async Task TwoThatSendTheSame_NeverLeaveAHalfOfIt()
    {
        var folder = _places.Folder!;
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(static i => (byte)i)];
        var (first, second) = (new SlowBody(bytes), new SlowBody(bytes));
        var sending = folder.WriteAsync("dep_x.png", first, bytes.Length, default).AsTask();
        await first.Half.Task;
        await Assert.ThrowsAsync<StorageException>(async () => await folder.WriteAsync("dep_x.png", new MemoryStream(bytes), bytes.Length, default));
        var again = folder.WriteAsync("dep_x.png", second, bytes.Length, default).AsTask();
        await Task.WhenAny(second.Half.Task, again);
        first.Rest.SetResult();
        Assert.Equal(bytes.Length, (await sending)!.Bytes);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(_folder, "outputs", "dep_x.png")));
        second.Rest.SetResult();
        await Assert.ThrowsAsync<StorageException>(() => again);
    }

    private OutputSweep Sweep() => new(_rows, _places, _limits, _time, NullLogger<OutputSweep>.Instance);

    private static JobOutput Named(byte[] bytes) => new(s_tenant, s_deployment, OutputName.Of(Maker.DigestOf(bytes), "image/png"), bytes.Length, "folder");

    private async Task<JobOutput> StoreAsync(byte[] bytes)
    {
        var output = Named(bytes);
        await _rows.BeginAsync(output, _time.GetUtcNow() + _limits.Waiting, _limits.MaxTotal, _limits.MaxTotal, isLost: false, default);
        await _places.Folder!.WriteAsync(OutputPlaces.FileOf(output), new MemoryStream(bytes), bytes.Length, default);
        Assert.True(await _rows.StoredAsync(s_deployment, output.Name, _time.GetUtcNow() + _limits.Kept, default));
        return output;
    }

    private sealed class SlowBody(byte[] bytes) : Stream
    {
        private int _position;

        public TaskCompletionSource Half { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Rest { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => bytes.Length;

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var half = bytes.Length / 2;
            if (_position == half)
            {
                Half.TrySetResult();
                await Rest.Task;
            }

            var some = Math.Min(half, bytes.Length - _position);
            bytes.AsMemory(_position, some).CopyTo(buffer);
            _position += some;
            return some;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
