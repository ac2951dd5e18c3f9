using System.Net;
using Rouse.Server.Tests.Caching;
using Rouse.Server.Tests.Host;

namespace Rouse.Server.Tests.Outputs;

/// <summary>The operator's object store in place of a folder, on a real S3 server.</summary>
public sealed class OutputStoreTests
{
    private static readonly byte[] s_film = [.. Enumerable.Range(0, 50_000).Select(static i => (byte)(i * 3))];

    [SwiftFact]
    public async Task AFilm_GoesToTheStore_WithoutAnyKeyOfItLeavingTheServer()
    {
        using var bucket = await Bucket.CreateAsync();
        await using var world = await OutputWorld.StartAsync(options => With(options, bucket));
        var (_, told) = await world.Maker.AskAsync(s_film, "video/mp4");
        Assert.StartsWith($"{bucket.Endpoint}/{bucket.Name}/made/", told!.PutUrl, StringComparison.Ordinal);
        Assert.DoesNotContain(bucket.Account.SecretAccessKey, told.PutUrl, StringComparison.Ordinal);

        var url = await world.Maker.PutAsync(s_film, "video/mp4");

        Assert.Equal([$"made/{world.Deployment}/{Maker.DigestOf(s_film)[..2]}/{Maker.DigestOf(s_film)}.mp4"], await bucket.KeysAsync());
        using var http = new HttpClient();
        using var film = await http.GetAsync(url);
        Assert.Equal(s_film, await film.Content.ReadAsByteArrayAsync());
        Assert.Equal("video/mp4", film.Content.Headers.ContentType!.MediaType);
        using var overwritten = await http.PutAsync(url, new ByteArrayContent([1]));
        Assert.Equal(HttpStatusCode.Forbidden, overwritten.StatusCode);

        // With a key, its owner is led there, long after the address has run out; another is not.
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/deployments/{world.Deployment}/outputs/{Maker.DigestOf(s_film)}.mp4");
        request.Headers.TryAddWithoutValidation(OutputWorld.AsAlice.Name, OutputWorld.AsAlice.Value);
        using var led = await world.Server.Http.SendAsync(request);
        Assert.Equal(s_film, await led.Content.ReadAsByteArrayAsync());
    }

    [SwiftFact]
    public async Task AnObject_ThatIsShorterThanAnnounced_IsNotHandedOut()
    {
        using var bucket = await Bucket.CreateAsync();
        await using var world = await OutputWorld.StartAsync(options => With(options, bucket));
        var (_, told) = await world.Maker.AskAsync(s_film, "video/mp4");
        using var http = new HttpClient();
        (await http.PutAsync(told!.PutUrl, new ByteArrayContent(s_film[1..]))).EnsureSuccessStatusCode();
        Assert.False((await world.Maker.AskAsync(s_film, "video/mp4")).Reply!.Stored);
    }

    private static RouseHostOptions With(RouseHostOptions options, Bucket bucket) => options with
    {
        Outputs = new OutputHostOptions
        {
            StoreUrl = $"s3://{bucket.Name}/made", Endpoint = bucket.Endpoint, AccessKeyId = bucket.Account.AccessKeyId, SecretAccessKey = bucket.Account.SecretAccessKey,
        },
    };
}
