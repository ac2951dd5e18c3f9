using System.Buffers;
using System.Security.Cryptography;

namespace Rouse.Gateway.Forwarding;

/// <summary>
/// A request's body read whole, so that it can be sent again as it was: small ones in memory, others in a file that has no name any more and so is gone with this
/// object or this process, however either ends. For a body that must outlive the process there is the spool of jobs.
/// </summary>
public sealed class BodySpool : IDisposable
{
    /// <summary>Bytes kept in memory: nearly every JSON, and 10,000 held of them are 640 MB at the very most.</summary>
    public const int InMemory = 64 << 10;

    private static long s_files;

    private readonly byte[] _head;
    private readonly FileStream? _file;

    private BodySpool(byte[] head, FileStream? file, long length, byte[] sha256) => (_head, _file, Length, Sha256) = (head, file, length, sha256);

    /// <summary>Bytes.</summary>
    public long Length { get; }

    public IReadOnlyList<byte> Sha256 { get; }

    /// <param name="most">Bytes; a longer body is not kept.</param>
    /// <param name="folder">For the file, if there is one.</param>
    /// <returns>Null where the body is longer than <paramref name="most"/>.</returns>
    /// <exception cref="IOException">The body broke off, or the folder takes no more.</exception>
    public static async ValueTask<BodySpool?> ReadAsync(Stream body, long most, string folder, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(InMemory);
        FileStream? file = null;
        try
        {
            var length = 0L;
            var filled = 0;
            while (true)
            {
                var read = await body.ReadAsync(buffer.AsMemory(filled, InMemory - filled), ct);
                if (read == 0) break;
                length += read;
                if (length > most) return null;
                hash.AppendData(buffer, filled, read);
                filled += read;
                if (filled < InMemory) continue;
                file ??= Create(folder);
                await file.WriteAsync(buffer.AsMemory(0, filled), ct);
                filled = 0;
            }

            if (file is not null) await file.WriteAsync(buffer.AsMemory(0, filled), ct);
            var spool = new BodySpool(file is null ? buffer[..filled] : [], file, length, hash.GetHashAndReset());
            file = null;
            return spool;
        }
        finally
        {
            if (file is not null) await file.DisposeAsync();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The body from its beginning. Several can be read at once, as long as this object lives.</summary>
    public Stream Open() => _file is null ? new MemoryStream(_head, writable: false) : new Reader(_file, Length);

    public void Dispose() => _file?.Dispose();

    private static FileStream Create(string folder)
    {
        var path = Path.Combine(folder, $"body-{Environment.ProcessId}-{Interlocked.Increment(ref s_files)}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.Asynchronous, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        return file;
    }

    private sealed class Reader(FileStream file, long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await RandomAccess.ReadAsync(file.SafeFileHandle, buffer, _position, cancellationToken);
            _position += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(offset, count), _position);
            _position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
