using System.Security.Cryptography;
using Rouse.TestKit.Time;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

/// <summary>How long a peer may take: as long as it brings something, and not for ever.</summary>
public sealed class SlowPeerTests : IDisposable
{
    private static readonly TimeSpan s_perRead = TimeSpan.FromSeconds(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-slow-").FullName;
    private readonly ManualTime _time = new();
    private readonly byte[] _content = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 7))];
    private int _opened;

    private DownloadOptions Bounds => new() { Connections = 1, MinPiece = _content.Length, FirstWait = TimeSpan.Zero, LongestWait = TimeSpan.Zero, MaxFailures = 3, LeastProgress = 1_000 };

    [Fact]
    public async Task Download_FromAPeerThatTrickles_IsGivenUp()
    {
        var fault = await Assert.ThrowsAsync<WeightsException>(() => DownloadAsync(bytesPerRead: 1, hasRanges: true));

        Assert.Contains("less than 1.0 KiB came in 30 s", fault.Message, StringComparison.Ordinal);
        Assert.Equal(Bounds.MaxFailures, _opened);
    }

    [Fact]
    public async Task Download_FromASlowPeer_EndsWhole_HoweverLongItTakes()
    {
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_content)), await DownloadAsync(bytesPerRead: 100, hasRanges: true));

        Assert.Equal(1, _opened);
        Assert.True(_time.GetUtcNow() - new ManualTime().GetUtcNow() > 10 * Bounds.IdleTimeout);
    }

    [Fact]
    public async Task Download_TakenUpWhereTheServerSendsAllFromTheBeginning_TakesItsTimeToTheFirstNewByte()
    {
        using (var part = PartialFile.Open(Path.Combine(_folder, "x"), _content.Length))
        {
            RandomAccess.Write(part.Handle, _content.AsSpan(0, 90_000), 0);
            part.Mark(new ByteRange(0, 90_000));
        }

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_content)), await DownloadAsync(bytesPerRead: 100, hasRanges: false));

        Assert.Equal(1, _opened);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> DownloadAsync(int bytesPerRead, bool hasRanges)
    {
        using var part = PartialFile.Open(Path.Combine(_folder, "x"), _content.Length);
        using var slots = new SemaphoreSlim(1);
        var remote = new RemoteFile(
            _content.Length,
            IsGitBlob: false,
            (start, end, _) =>
            {
                _opened++;
                var sent = hasRanges ? _content.AsMemory((int)start, (int)(end - start)) : _content;
                return Task.FromResult(new RemoteBody(new HttpResponseMessage { Content = new StreamContent(new SlowStream(sent, bytesPerRead, _time)) }, hasRanges ? 0 : start));
            },
            static fault => new WeightsException(FaultCodes.HubUnavailable, fault.Message));
        var progress = new DownloadProgress(_content.Length, static (_, _) => { }, _time);
        return await new FileDownload(remote, part, slots, Bounds, progress, new Clock(_time, static () => 0)).RunAsync(CancellationToken.None);
    }

    /// <summary>A second passes with each read.</summary>
    private sealed class SlowStream(ReadOnlyMemory<byte> content, int bytesPerRead, ManualTime time) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            time.Advance(s_perRead);
            cancellationToken.ThrowIfCancellationRequested();
            var read = Math.Min(Math.Min(bytesPerRead, buffer.Length), content.Length - _at);
            content.Slice(_at, read).CopyTo(buffer);
            _at += read;
            return ValueTask.FromResult(read);
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
