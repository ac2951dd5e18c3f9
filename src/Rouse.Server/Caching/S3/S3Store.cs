using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using S3Location = Rouse.Core.Caching.S3Location;

namespace Rouse.Server.Caching.S3;

/// <summary>
/// One place in an object store. Keys are given below that place and cannot leave it. Every refusal is an <see cref="S3Fault"/>. Counts the requests
/// that stores ask money for.
/// </summary>
internal sealed class S3Store(IAmazonS3 client, S3Location location) : IDisposable
{
    private long _writes;
    private long _reads;

    public S3Location Location => location;

    /// <summary>PUT, POST and LIST, as price lists group them.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>GET and HEAD.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    public void Dispose() => client.Dispose();

    /// <summary>All of a small object.</summary>
    /// <returns>Null when there is none, or it is longer than <paramref name="maxBytes"/>.</returns>
    public Task<byte[]?> ReadAsync(string key, int maxBytes, CancellationToken ct) => ReadingAsync(
        async () =>
        {
            try
            {
                using var found = await client.GetObjectAsync(new GetObjectRequest { BucketName = location.Bucket, Key = location.Key(key) }, ct);
                if (found.ContentLength > maxBytes) return null;
                var bytes = new byte[found.ContentLength];
                await found.ResponseStream.ReadExactlyAsync(bytes, ct);
                return bytes;
            }
            catch (AmazonS3Exception missing) when (missing is { StatusCode: HttpStatusCode.NotFound, ErrorCode: not "NoSuchBucket" })
            {
                return null;
            }
        },
        ct);

    public Task WriteAsync(string key, ReadOnlyMemory<byte> bytes, CancellationToken ct) => WritingAsync(
        () => client.PutObjectAsync(
            new PutObjectRequest { BucketName = location.Bucket, Key = location.Key(key), InputStream = Stream(bytes), UseChunkEncoding = false }, ct),
        ct);

    /// <param name="bytes">Can be sought, so that it can be sent again.</param>
    public Task WriteAsync(string key, Stream bytes, CancellationToken ct) => WritingAsync(
        () => client.PutObjectAsync(
            new PutObjectRequest { BucketName = location.Bucket, Key = location.Key(key), InputStream = bytes, AutoCloseStream = false, UseChunkEncoding = false }, ct),
        ct);

    /// <returns>The upload's id. Its parts cost until it is completed or aborted.</returns>
    public async Task<string> BeginUploadAsync(string key, CancellationToken ct) => (await WritingAsync(
        () => client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = location.Bucket, Key = location.Key(key) }, ct), ct)).UploadId;

    /// <param name="number">From 1.</param>
    /// <returns>What <see cref="CompleteUploadAsync"/> wants to know of it.</returns>
    public async Task<PartETag> UploadPartAsync(string key, string upload, int number, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var request = new UploadPartRequest
        {
            BucketName = location.Bucket, Key = location.Key(key), UploadId = upload, PartNumber = number, PartSize = bytes.Length, InputStream = Stream(bytes),
            UseChunkEncoding = false,
        };
        return new PartETag(number, (await WritingAsync(() => client.UploadPartAsync(request, ct), ct)).ETag);
    }

    public Task CompleteUploadAsync(string key, string upload, IReadOnlyList<PartETag> parts, CancellationToken ct) => WritingAsync(
        () => client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = location.Bucket, Key = location.Key(key), UploadId = upload, PartETags = [.. parts] }, ct),
        ct);

    /// <summary>Ends one upload. Others of the same key go on.</summary>
    public Task AbortUploadAsync(string key, string upload, CancellationToken ct) => WritingAsync(
        () => client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = location.Bucket, Key = location.Key(key), UploadId = upload }, ct), ct);

    /// <summary>Ends every upload under this place that was begun and not completed, whoever began it.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AbortUploadsAsync(CancellationToken ct)
    {
        var prefix = location.Prefix.Length == 0 ? "" : location.Prefix + "/";
        var listed = await WritingAsync(
            () => client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = location.Bucket, Prefix = prefix }, ct), ct);
        var stale = (listed.MultipartUploads ?? []).FindAll(upload => upload.Key.StartsWith(prefix, StringComparison.Ordinal));
        foreach (var upload in stale)
        {
            await WritingAsync(
                () => client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = location.Bucket, Key = upload.Key, UploadId = upload.UploadId }, ct), ct);
        }

        return stale.Count;
    }

    /// <summary>One that is not there is deleted as well.</summary>
    public Task DeleteAsync(string key, CancellationToken ct) => WritingAsync(
        () => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = location.Bucket, Key = location.Key(key) }, ct), ct);

    /// <summary>An address that reads this one object until then, with GET and nothing else. Made here, without a call.</summary>
    public string Presign(string key, DateTimeOffset until) => client.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = location.Bucket, Key = location.Key(key), Verb = HttpVerb.GET, Expires = until.UtcDateTime,
        Protocol = Scheme,
    });

    /// <summary>The same, served as what is said here, whatever its writer said it was, and never as a page.</summary>
    public string PresignAs(string key, string mediaType, DateTimeOffset until) => client.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = location.Bucket, Key = location.Key(key), Verb = HttpVerb.GET, Expires = until.UtcDateTime, Protocol = Scheme,
        ResponseHeaderOverrides = new ResponseHeaderOverrides { ContentType = mediaType },
    });

    /// <summary>An address that writes this one object until then, with PUT and nothing else.</summary>
    public string PresignPut(string key, DateTimeOffset until) => client.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = location.Bucket, Key = location.Key(key), Verb = HttpVerb.PUT, Expires = until.UtcDateTime, Protocol = Scheme,
    });

    /// <summary>Bytes of an object; null when there is none.</summary>
    public Task<long?> SizeAsync(string key, CancellationToken ct) => ReadingAsync<long?>(
        async () =>
        {
            try
            {
                return (await client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = location.Bucket, Key = location.Key(key) }, ct)).ContentLength;
            }
            catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
        },
        ct);

    private Protocol Scheme => location.Endpoint?.Scheme == Uri.UriSchemeHttp ? Protocol.HTTP : Protocol.HTTPS;

    private static MemoryStream Stream(ReadOnlyMemory<byte> bytes) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(bytes.ToArray());

    private Task<T> ReadingAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        Interlocked.Increment(ref _reads);
        return GuardAsync(call, ct);
    }

    private Task<T> WritingAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        Interlocked.Increment(ref _writes);
        return GuardAsync(call, ct);
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (S3Fault.IsOf(error) || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw S3Fault.From(error);
        }
    }
}
