using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Model;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;
using Rouse.Store.Caching;

namespace Rouse.Server.Caching;

/// <summary>
/// One file from the hub to the store, through a few parts of memory: one is read and hashed while those before it are sent. What does not have the
/// hash that the hub lists is not left in the store.
/// </summary>
internal sealed class FileCopy(CacheSource source, S3Store store, CacheLimits limits)
{
    private readonly Stack<byte[]> _buffers = [];

    /// <exception cref="CacheFault">It did not come, or came wrong.</exception>
    /// <exception cref="S3Fault">The store did not take it.</exception>
    public async Task<CacheFile> RunAsync(CacheWish wish, SourceFile file, Secret? token, CancellationToken ct)
    {
        using var sums = new Sums(file);
        if (file.Size <= limits.PartBytes)
        {
            var buffer = Buffer(limits.PartBytes);
            var whole = buffer.AsMemory(0, (int)file.Size);
            if (file.Size > 0) await source.ReadAsync(wish, file, token, 0, whole, ct);
            sums.Add(whole.Span);
            var sum = sums.Check(file);
            await store.WriteAsync(file.Path, whole, ct);
            _buffers.Push(buffer);
            return new CacheFile(file.Path, file.Size, file.Etag, sum);
        }

        var upload = await store.BeginUploadAsync(file.Path, ct);
        Queue<(Task<PartETag> Sent, byte[] Buffer)> sending = new();
        try
        {
            var tags = await SendAsync(wish, file, token, upload, sending, sums, ct);
            var sum = sums.Check(file);
            await store.CompleteUploadAsync(file.Path, upload, tags, ct);
            return new CacheFile(file.Path, file.Size, file.Etag, sum);
        }
        catch
        {
            // Whether one is stopped or thrown away, its parts would cost until somebody finds them; the next fill looks for them too.
            await Task.WhenAll(sending.Select(part => part.Sent)).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await AbortAsync(file, upload);
            throw;
        }
    }

    private async Task<List<PartETag>> SendAsync(
        CacheWish wish, SourceFile file, Secret? token, string upload, Queue<(Task<PartETag> Sent, byte[] Buffer)> sending, Sums sums, CancellationToken ct)
    {
        List<PartETag> tags = [];
        var size = (int)Math.Max(limits.PartBytes, (file.Size + limits.MaxParts - 1) / limits.MaxParts);
        for (var at = 0L; at < file.Size; at += size)
        {
            while (sending.Count >= limits.PartsInMemory || (sending.TryPeek(out var oldest) && oldest.Sent.IsCompleted)) await TakeAsync();
            var buffer = Buffer(size);
            var part = buffer.AsMemory(0, (int)Math.Min(size, file.Size - at));
            await source.ReadAsync(wish, file, token, at, part, ct);
            sums.Add(part.Span);
            sending.Enqueue((store.UploadPartAsync(file.Path, upload, tags.Count + sending.Count + 1, part, ct), buffer));
        }

        while (sending.Count > 0) await TakeAsync();
        return tags;

        async Task TakeAsync()
        {
            var (sent, buffer) = sending.Dequeue();
            tags.Add(await sent);
            _buffers.Push(buffer);
        }
    }

    /// <summary>This one only: whoever was taken for dead and replaced is not alone with its place any more.</summary>
    private async Task AbortAsync(SourceFile file, string upload)
    {
        try
        {
            await store.AbortUploadAsync(file.Path, upload, CancellationToken.None);
        }
        catch (S3Fault)
        {
            // The store is away, or it was aborted before; the fault that led here is told.
        }
    }

    private byte[] Buffer(int size) => _buffers.TryPop(out var free) && free.Length >= size ? free : GC.AllocateUninitializedArray<byte>(size);

    /// <summary>What the hub lists, and SHA-256 in any case.</summary>
    private sealed class Sums : IDisposable
    {
        private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly IncrementalHash? _git;

        public Sums(SourceFile file)
        {
            if (file.Etag.Length == 64) return;
            _git = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
            // git hashes "blob", the length and a zero byte before the content.
            _git.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            _sha256.AppendData(bytes);
            _git?.AppendData(bytes);
        }

        public string Check(SourceFile file)
        {
            var sum = Convert.ToHexStringLower(_sha256.GetHashAndReset());
            var listed = _git is null ? sum : Convert.ToHexStringLower(_git.GetHashAndReset());
            return listed == file.Etag ? sum : throw new CacheFault($"{file.Path} came from the hub with a wrong check sum; it is thrown away.", passing: true);
        }

        public void Dispose()
        {
            _sha256.Dispose();
            _git?.Dispose();
        }
    }
}
