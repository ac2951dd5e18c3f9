using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.S3;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Swift;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests;

/// <summary>kill -9 of the real server in the middle of a fill of a cache on a real S3 server.</summary>
public sealed class CacheKillTests : IDisposable
{
    private const string Manifest = ".rouse-manifest.json";
    private readonly Cli _cli = new();

    public static string? SkipReason { get; } = Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") == "1" ? null : SwiftServer.MissingReason;

    public void Dispose() => _cli.Dispose();

    [SwiftFact]
    public async Task KilledInTheMiddleOfAFill_LeavesAMiss_AndTheNextStartMakesItWhole()
    {
        var swift = await SwiftServer.SharedAsync();
        var repository = new FakeRepository("org/big").With(
            FakeFile.Of("model_index.json", "{}"u8.ToArray()), FakeFile.Sized("text_encoder/model.onnx", 100_000), FakeFile.Sized("unet/model.onnx", 40 << 20),
            FakeFile.Sized("vae_decoder/model.onnx", 100_000));
        await using var hub = await FakeHub.StartAsync(repository);
        using var owner = new AmazonS3Client(
            new BasicAWSCredentials(SwiftServer.Alpha.AccessKeyId, SwiftServer.Alpha.SecretAccessKey),
            new AmazonS3Config { ServiceURL = swift.Endpoint, ForcePathStyle = true, AuthenticationRegion = "us-east-1" });
        var bucket = "k" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        await owner.PutBucketAsync(bucket);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HF_ENDPOINT"] = hub.Endpoint, ["S3_MODEL_URL"] = $"s3://{bucket}/models", ["AWS_ENDPOINT_URL"] = swift.Endpoint,
            ["AWS_ACCESS_KEY_ID"] = SwiftServer.Alpha.AccessKeyId, ["AWS_SECRET_ACCESS_KEY"] = SwiftServer.Alpha.SecretAccessKey, ["SHARED_CACHE_ALLOWED_MODELS"] = "org/big",
        };
        var port = FreePort();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        var held = new TaskCompletionSource();
        (hub.Script.HoldBodies, hub.Script.HoldFrom) = (held.Task, 30 << 20);
        using (var killed = await StartAsync())
        {
            using var asked = await http.PostAsync(new Uri("/v1/cache", UriKind.Relative), new StringContent("""{"hf_model_id":"org/big"}""", Encoding.UTF8, "application/json"));
            Assert.True(asked.StatusCode == HttpStatusCode.Accepted, await asked.Content.ReadAsStringAsync());
            await Eventually.TrueAsync(async () => await UploadsAsync() == 1);
            await killed.SendAsync("KILL");
            await killed.EndAsync();
        }

        Assert.DoesNotContain(await KeysAsync(), key => key.EndsWith(Manifest, StringComparison.Ordinal));
        Assert.Equal(1, await UploadsAsync());
        hub.Script.HoldBodies = null;
        using var next = await StartAsync();
        await Eventually.TrueAsync(async () => (await KeysAsync()).Any(key => key.EndsWith(Manifest, StringComparison.Ordinal)));
        await Eventually.TrueAsync(async () =>
        {
            var list = JsonDocument.Parse(await http.GetStringAsync(new Uri("/v1/cache", UriKind.Relative))).RootElement.GetProperty("entries");
            return Assert.Single(list.EnumerateArray()).GetProperty("state").GetString() == "complete";
        });
        Assert.Equal(0, await UploadsAsync());
        using var weights = await owner.GetObjectAsync(bucket, $"models/org--big/{repository.Commit}/unet/model.onnx");
        Assert.Equal(repository.Files[2].Etag, Convert.ToHexStringLower(await SHA256.HashDataAsync(weights.ResponseStream)));
        await next.SendAsync("TERM");
        await next.EndAsync();

        async Task<ChildProgram> StartAsync()
        {
            var server = ChildProgram.Start(_cli.Folder, variables, "serve", "--port", port.ToString(CultureInfo.InvariantCulture), "--data", "data", "--quiet");
            await server.Out.HearAsync("\n");
            return server;
        }

        async Task<IReadOnlyList<string>> KeysAsync() => [.. ((await owner.ListObjectsV2Async(new() { BucketName = bucket })).S3Objects ?? []).Select(found => found.Key)];

        async Task<int> UploadsAsync() =>
            ((await owner.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = bucket })).MultipartUploads ?? []).Count;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Skipped, saying so, where no S3 server can be started, unless <c>ROUSE_REQUIRE_SERVERS=1</c>.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SwiftFactAttribute : FactAttribute
    {
        public SwiftFactAttribute() => Skip = SkipReason;
    }
}
