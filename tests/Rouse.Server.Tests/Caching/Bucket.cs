using System.Security.Cryptography;
using Amazon.Runtime;
using Amazon.S3;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Rouse.TestKit.Swift;
using S3Location = Rouse.Core.Caching.S3Location;

namespace Rouse.Server.Tests.Caching;

/// <summary>A fresh bucket on the real S3 server, and its owner's own eyes on it, which are not the server's.</summary>
internal sealed class Bucket : IDisposable
{
    private readonly AmazonS3Client _owner;

    private Bucket(S3Account account, string endpoint, string name)
    {
        (Account, Endpoint, Name) = (account, endpoint, name);
        _owner = new AmazonS3Client(
            new BasicAWSCredentials(account.AccessKeyId, account.SecretAccessKey),
            new AmazonS3Config
            {
                ServiceURL = endpoint, ForcePathStyle = true, AuthenticationRegion = S3Location.DefaultRegion,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED, ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            });
    }

    public S3Account Account { get; }

    public string Endpoint { get; }

    public string Name { get; }

    public S3Location Location => new() { Bucket = Name, Endpoint = new Uri(Endpoint) };

    public AmazonS3Client Owner => _owner;

    public static async Task<Bucket> CreateAsync(S3Account? account = null)
    {
        var swift = await SwiftServer.SharedAsync();
        var bucket = new Bucket(account ?? SwiftServer.Alpha, swift.Endpoint, "b" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)));
        await bucket._owner.PutBucketAsync(bucket.Name);
        return bucket;
    }

    /// <summary>A client of the server's kind, allowed to reach loopback.</summary>
    public static S3Clients Clients()
    {
        var policy = EgressPolicy.Parse(null, allowLoopback: true);
        return new S3Clients(EgressHandler.Create(policy, 16), EgressHandler.Create(policy, 16));
    }

    public S3Store Open(S3Clients clients, string prefix = "") => clients.Open(Location with { Prefix = prefix }, KeysOf(Account), isOperators: false);

    public static S3Keys KeysOf(S3Account account) => new(new Secret(account.AccessKeyId), new Secret(account.SecretAccessKey));

    public async Task<IReadOnlyList<string>> KeysAsync()
    {
        var listed = await _owner.ListObjectsV2Async(new() { BucketName = Name });
        return [.. (listed.S3Objects ?? []).Select(found => found.Key).Order(StringComparer.Ordinal)];
    }

    public async Task<byte[]> GetAsync(string key)
    {
        using var found = await _owner.GetObjectAsync(Name, key);
        var bytes = new MemoryStream();
        await found.ResponseStream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    public Task PutAsync(string key, byte[] bytes) =>
        _owner.PutObjectAsync(new() { BucketName = Name, Key = key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false });

    public async Task<int> OpenUploadsAsync() =>
        ((await _owner.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = Name })).MultipartUploads ?? []).Count;

    public void Dispose() => _owner.Dispose();
}
