using System.Net;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Swift;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Caching.S3;

/// <summary>What the server does with object stores, against a real one.</summary>
public sealed class S3StoreTests : IDisposable
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private readonly S3Clients _clients = Bucket.Clients();

    public void Dispose() => _clients.Dispose();

    [SwiftFact]
    public async Task Objects_AreWrittenReadAndDeleted_BelowTheirPlaceOnly()
    {
        using var bucket = await Bucket.CreateAsync();
        using var store = bucket.Open(_clients, "models/a");
        await store.WriteAsync("x.json", "{}"u8.ToArray(), CancellationToken.None);
        Assert.Equal(["models/a/x.json"], await bucket.KeysAsync());
        Assert.Equal("{}"u8.ToArray(), await store.ReadAsync("x.json", 2, CancellationToken.None));
        Assert.Null(await store.ReadAsync("x.json", 1, CancellationToken.None));
        Assert.Null(await store.ReadAsync("y.json", 100, CancellationToken.None));
        await store.DeleteAsync("x.json", CancellationToken.None);
        await store.DeleteAsync("x.json", CancellationToken.None);
        Assert.Empty(await bucket.KeysAsync());
        Assert.Equal((3, 3), (store.Writes, store.Reads));
    }

    [SwiftFact]
    public async Task Upload_InParts_IsWhole_AndOneThatWasBegunIsAborted()
    {
        using var bucket = await Bucket.CreateAsync();
        using var store = bucket.Open(_clients, "models");
        var parts = new[] { Bytes(5 << 20), Bytes(5 << 20), Bytes(1 << 20) };
        var upload = await store.BeginUploadAsync("w", CancellationToken.None);
        List<Amazon.S3.Model.PartETag> tags = [];
        for (var i = 0; i < parts.Length; i++) tags.Add(await store.UploadPartAsync("w", upload, i + 1, parts[i], CancellationToken.None));
        await store.CompleteUploadAsync("w", upload, tags, CancellationToken.None);
        byte[] whole = [.. parts[0], .. parts[1], .. parts[2]];
        Assert.Equal(whole, await bucket.GetAsync("models/w"));

        await store.UploadPartAsync("half", await store.BeginUploadAsync("half", CancellationToken.None), 1, parts[0], CancellationToken.None);
        Assert.Equal(1, await bucket.OpenUploadsAsync());
        Assert.Equal(1, await store.AbortUploadsAsync(CancellationToken.None));
        Assert.Equal(0, await bucket.OpenUploadsAsync());
        Assert.Equal(["models/w"], await bucket.KeysAsync());
    }

    [SwiftFact]
    public async Task PresignedAddress_ReadsItsObjectWithRanges_AndDoesNothingElse()
    {
        using var bucket = await Bucket.CreateAsync();
        using var store = bucket.Open(_clients, "mine");
        await bucket.PutAsync("mine/a", "abcdef"u8.ToArray());
        await bucket.PutAsync("mine/b", "other"u8.ToArray());
        await bucket.PutAsync("theirs/a", "foreign"u8.ToArray());
        var url = store.Presign("a", TimeProvider.System.GetUtcNow() + s_hour);
        using var http = new HttpClient();
        Assert.Equal("abcdef", await http.GetStringAsync(new Uri(url)));
        using (var range = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "Range", "bytes=2-3" } } })
        {
            using var part = await http.SendAsync(range);
            Assert.Equal((HttpStatusCode.PartialContent, "cd"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        }

        // Neither writing, nor deleting, nor another object, nor the list, nor another bucket.
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Put, url, "poison"));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Delete, url));
        Assert.Equal(HttpStatusCode.NotImplemented, await SendAsync(HttpMethod.Post, url, "x"));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, url.Replace("/mine/a?", "/mine/b?", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, url.Replace("/mine/a?", "/theirs/a?", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, url.Replace("/mine/a?", "?", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, url.Replace("/mine/a?", "?list-type=2&prefix=theirs&", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(HttpMethod.Get, url.Replace(bucket.Name, "another", StringComparison.Ordinal)));
        Assert.Equal("abcdef"u8.ToArray(), await bucket.GetAsync("mine/a"));
        Assert.DoesNotContain(bucket.Account.SecretAccessKey, url, StringComparison.Ordinal);

        async Task<HttpStatusCode> SendAsync(HttpMethod method, string to, string? body = null)
        {
            using var request = new HttpRequestMessage(method, to) { Content = body is null ? null : new StringContent(body) };
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [SwiftFact]
    public async Task PresignedAddress_RunsOut()
    {
        using var bucket = await Bucket.CreateAsync();
        using var store = bucket.Open(_clients);
        await bucket.PutAsync("a", "abc"u8.ToArray());
        using var http = new HttpClient();
        var url = new Uri(store.Presign("a", TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2)));
        await Eventually.TrueAsync(async () =>
        {
            using var answer = await http.GetAsync(url);
            return answer.StatusCode == HttpStatusCode.Forbidden;
        });
    }

    [SwiftFact]
    public async Task WrongKeysForeignBucketsAndMissingOnes_AreRefusedInWordsThatMayBeShown()
    {
        using var bucket = await Bucket.CreateAsync();
        var wrong = new S3Account(bucket.Account.AccessKeyId, "not-the-secret-of-alpha");
        await AssertRefusedAsync(bucket.Location, wrong, "does not take these keys");
        await AssertRefusedAsync(bucket.Location, SwiftServer.Beta, "object store");
        await AssertRefusedAsync(bucket.Location with { Bucket = "nobodys-bucket" }, bucket.Account, "no such bucket");
        await AssertRefusedAsync(bucket.Location with { Endpoint = new Uri("http://127.0.0.1:9") }, bucket.Account, "does not answer", passing: true);

        async Task AssertRefusedAsync(Rouse.Core.Caching.S3Location location, S3Account account, string words, bool passing = false)
        {
            using var store = _clients.Open(location, Bucket.KeysOf(account), isOperators: false);
            var fault = await Assert.ThrowsAsync<S3Fault>(() => store.WriteAsync("a", "x"u8.ToArray(), CancellationToken.None));
            Assert.Contains(words, fault.Message, StringComparison.Ordinal);
            Assert.Equal(passing, fault.IsPassing);
            Assert.DoesNotContain(account.SecretAccessKey, fault.ToString(), StringComparison.Ordinal);
        }
    }

    [SwiftFact]
    public async Task AddressInsideThisNetwork_IsNotCalledForATenant_AndLooksLikeOneThatDoesNotAnswer()
    {
        using var bucket = await Bucket.CreateAsync();
        var policy = EgressPolicy.Parse(null, allowLoopback: false);
        using var clients = new S3Clients(EgressHandler.Create(policy, 4), EgressHandler.Create(policy.With(bucket.Location.Endpoint!), 4));
        using var tenants = clients.Open(bucket.Location, Bucket.KeysOf(bucket.Account), isOperators: false);
        var fault = await Assert.ThrowsAsync<S3Fault>(() => tenants.ReadAsync("a", 10, CancellationToken.None));
        Assert.Contains("does not answer", fault.Message, StringComparison.Ordinal);
        using var operators = clients.Open(bucket.Location, Bucket.KeysOf(bucket.Account), isOperators: true);
        Assert.Null(await operators.ReadAsync("a", 10, CancellationToken.None));
    }

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        FakeFile.Sized("part", 1 << 20).At(0, 1 << 20).CopyTo(bytes);
        return bytes;
    }
}
