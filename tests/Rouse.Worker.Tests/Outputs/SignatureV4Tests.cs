using Rouse.TestKit.Swift;
using Rouse.Worker.Configuration;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Outputs;

namespace Rouse.Worker.Tests.Outputs;

public sealed class SignatureV4Tests
{
    /// <summary>The example in Amazon's "Authenticating Requests: Using Query Parameters".</summary>
    [Fact]
    public void Presign_OfAmazonsOwnExample_GivesItsSignature()
    {
        var signature = new SignatureV4("us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        var url = signature.Presign(
            "GET", new Uri("https://examplebucket.s3.amazonaws.com/test.txt"), TimeSpan.FromSeconds(86400), new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero));
        Assert.EndsWith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://b.s3.eu-west-1.amazonaws.com", "https://b.s3.eu-west-1.amazonaws.com/", "eu-west-1")]
    [InlineData("https://b.s3.amazonaws.com", "https://b.s3.amazonaws.com/", "us-east-1")]
    [InlineData("https://b.fra1.digitaloceanspaces.com/made", "https://b.fra1.digitaloceanspaces.com/made/", "fra1")]
    [InlineData("https://s3api-eur-is-1.runpod.io/vol/x/", "https://s3api-eur-is-1.runpod.io/vol/x/", "eur-is-1")]
    [InlineData("http://127.0.0.1:9000/bucket", "http://127.0.0.1:9000/bucket/", "us-east-1")]
    public void Settings_TellTheRegionByTheHost(string url, string root, string region)
    {
        var variables = new Dictionary<string, string> { ["BUCKET_ENDPOINT_URL"] = url, ["BUCKET_ACCESS_KEY_ID"] = "k", ["BUCKET_SECRET_ACCESS_KEY"] = "s" };
        var bucket = BucketSettings.Read(new Variables(variables.GetValueOrDefault))!;
        Assert.Equal((root, region), (bucket.Root.AbsoluteUri, bucket.Region));
    }

    [Theory]
    [InlineData("ftp://host/bucket")]
    [InlineData("https://user@host/bucket")]
    [InlineData("https://host/bucket?x=1")]
    public void Settings_WithAnAddressThatIsNone_AreRefused(string url)
    {
        var variables = new Variables(name => name.EndsWith("S3_URL", StringComparison.Ordinal) ? url : null);
        Assert.Null(BucketSettings.Read(variables));
        Assert.Contains("ROUSE_OUTPUT_S3_URL", variables.Fault, StringComparison.Ordinal);
    }

    [SwiftFact]
    public async Task Store_OnARealServer_TakesBytesOnce_AndHandsOutWhatReadsThem()
    {
        var swift = await SwiftServer.SharedAsync();
        using var http = Composition.CreateHubHttp();
        var root = await CreateBucketAsync(http, swift);
        var settings = new BucketSettings(root, "us-east-1", SwiftServer.Alpha.AccessKeyId, SwiftServer.Alpha.SecretAccessKey, TimeSpan.FromMinutes(5));
        var thing = MadeThing.Of("image/png", "not really a picture"u8.ToArray());
        var uploader = new Uploader(http, new BucketStore(http, settings, TimeProvider.System), Composition.Clock);

        var put = Assert.IsType<StoreWord.Has>(await uploader.PutAsync(thing, TimeProvider.System.GetTimestamp(), 0, CancellationToken.None));
        var again = Assert.IsType<StoreWord.Has>(await new BucketStore(http, settings, TimeProvider.System).AskAsync(thing, CancellationToken.None));

        Assert.StartsWith($"{root}{thing.Sha256[..2]}/{thing.Sha256}.png?", put.Url, StringComparison.Ordinal);
        Assert.Equal(thing.Content.ToArray(), await http.GetByteArrayAsync(again.Url));
        using var written = await http.PutAsync(put.Url, new ByteArrayContent([1]));
        Assert.Equal(403, (int)written.StatusCode);
    }

    [SwiftFact]
    public async Task Store_OnARealServerThatDoesNotKnowTheKeys_Refuses()
    {
        var swift = await SwiftServer.SharedAsync();
        using var http = Composition.CreateHubHttp();
        var root = await CreateBucketAsync(http, swift);
        var store = new BucketStore(http, new BucketSettings(root, "us-east-1", SwiftServer.Alpha.AccessKeyId, "wrong", TimeSpan.FromMinutes(5)), TimeProvider.System);
        var word = await new Uploader(http, store, Composition.Clock).PutAsync(MadeThing.Of("image/png", new byte[5]), TimeProvider.System.GetTimestamp(), 0, CancellationToken.None);
        Assert.Equal(new StoreWord.Refuses("the store answers HTTP 403"), word);
    }

    private static async Task<Uri> CreateBucketAsync(HttpClient http, SwiftServer swift)
    {
        var root = new Uri($"{swift.Endpoint}/w{Composition.NewRun()}");
        var create = new SignatureV4("us-east-1", SwiftServer.Alpha.AccessKeyId, SwiftServer.Alpha.SecretAccessKey).Presign("PUT", root, TimeSpan.FromMinutes(5), TimeProvider.System.GetUtcNow());
        using var made = await http.PutAsync(create, null);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        return new Uri(root.AbsoluteUri + "/");
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SwiftFactAttribute : FactAttribute
    {
        public SwiftFactAttribute()
        {
            if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1") Skip = SwiftServer.MissingReason;
        }
    }
}
