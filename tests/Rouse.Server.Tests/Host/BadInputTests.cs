using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Rouse.Server.Tests.Host;

/// <summary>Bad input gets a 4xx with a code and changes nothing.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async Task InitializeAsync() => _server = await TestServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("", "INVALID_JSON")]
    [InlineData("{", "INVALID_JSON")]
    [InlineData("null", "INVALID_JSON")]
    [InlineData("[]", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":1}""", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":"a/b","hf_model_id":"c/d"}""", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":"a/b","surprise":1}""", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":"a/b","workers":{"max":1e999}}""", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":"a/b","workers":{"max":99999999999999999999}}""", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":"\ud800"}""", "INVALID_JSON")]
    [InlineData("""{"hf_model_id":"a/b","workers":{"min":-1}}""", "INVALID_DEPLOYMENT_REQUEST")]
    [InlineData("""{"hf_model_id":"../../etc/passwd"}""", "INVALID_DEPLOYMENT_REQUEST")]
    [InlineData("""{"hf_model_id":"a/b/../c"}""", "INVALID_DEPLOYMENT_REQUEST")]
    [InlineData("""{"hf_model_id":"a/b","gpu_tier":"A9000"}""", "INVALID_DEPLOYMENT_REQUEST")]
    [InlineData("""{"hf_model_id":"a/b","cache_scope":"private","user_s3_url":"s3://x"}""", "INVALID_DEPLOYMENT_REQUEST")]
    [InlineData("{}", "INVALID_DEPLOYMENT_REQUEST")]
    public async Task Create_WithABadBody_IsRefusedWithACode(string json, string code)
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Post, "/v1/deployments", json);
        AssertProblem(status, body, 400, code);
        await AssertNothingIsThereAsync();
    }

    [Theory]
    [InlineData("application/json; charset=bogus")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Create_WithAnotherContentType_Is415(string type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"hf_model_id":"a/b"}"""));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await _server.Http.PostAsync(new Uri("/v1/deployments", UriKind.Relative), content);
        AssertProblem((int)response.StatusCode, await BodyAsync(response), 415, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Fact]
    public async Task Create_WithInvalidUtf8_IsRefused()
    {
        using var content = new ByteArrayContent([.. "{\"hf_model_id\":\""u8, 0xC3, 0x28, .. "\"}"u8]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await _server.Http.PostAsync(new Uri("/v1/deployments", UriKind.Relative), content);
        AssertProblem((int)response.StatusCode, await BodyAsync(response), 400, "INVALID_JSON");
    }

    [Fact]
    public async Task Create_With30Megabytes_Is413()
    {
        using var content = new ByteArrayContent(new byte[30_000_000]) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/deployments") { Content = content };
        // With Expect the body is not sent to a server that says no; without, the refusal may arrive as a reset.
        request.Headers.ExpectContinue = true;
        using var response = await _server.Http.SendAsync(request);
        AssertProblem((int)response.StatusCode, await BodyAsync(response), 413, "BODY_TOO_LARGE");
    }

    [Theory]
    [InlineData("POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    [InlineData("POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("GET /v1/deployments HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/deployments HTTP/1.1\r\nHost: evil.example\r\n\r\n")]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    public async Task RawBytes_ThatMakeNoSense_AreA4xx(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _server.Host.BaseAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.StartsWith("HTTP/1.1 4", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/deployments?limit=0", "INVALID_PARAMETER", 400)]
    [InlineData("/v1/deployments?limit=ten", "INVALID_PARAMETER", 400)]
    [InlineData("/v1/deployments?status=sleepy", "INVALID_PARAMETER", 400)]
    [InlineData("/v1/deployments?cursor=%27;drop table deployments", "INVALID_PARAMETER", 400)]
    [InlineData("/v1/deployments/dep_x", "DEPLOYMENT_NOT_FOUND", 404)]
    [InlineData("/v1/deployments/dep_00000000000000000000000000/stream", "DEPLOYMENT_NOT_FOUND", 404)]
    [InlineData("/v1/nothing", "NOT_FOUND", 404)]
    public async Task Get_OfWhatIsNotThere_HasTheOneErrorShape(string path, string code, int expected)
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Get, path);
        AssertProblem(status, body, expected, code);
    }

    [Fact]
    public async Task Method_ThatIsNotOffered_Is405()
    {
        var (status, body) = await _server.SendAsync(HttpMethod.Put, "/v1/deployments", "{}");
        AssertProblem(status, body, 405, "METHOD_NOT_ALLOWED");
    }

    [Fact]
    public async Task Report_WithoutTheAttemptsSecret_Is401()
    {
        const string path = "/internal/v1/deployments/dep_00000000000000000000000000/attempts/1/reports";
        var (status, body) = await _server.SendAsync(HttpMethod.Post, path, """{"worker_id":"w","sequence":1,"phase":"ready"}""", ("Authorization", "Bearer guess"));
        AssertProblem(status, body, 401, "UNAUTHORIZED");
    }

    private static void AssertProblem(int status, JsonElement body, int expected, string code)
    {
        Assert.True(status == expected, $"{status} {body}");
        Assert.Equal(expected, body.GetProperty("status").GetInt32());
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.Equal(code, body.GetProperty("error").GetString());
        Assert.NotEmpty(body.GetProperty("message").GetString()!);
        Assert.Equal(JsonValueKind.Object, body.GetProperty("details").ValueKind);
    }

    private async Task AssertNothingIsThereAsync() =>
        Assert.Equal(0, (await _server.SendAsync(HttpMethod.Get, "/v1/deployments")).Body.GetProperty("total").GetInt32());

    private static async Task<JsonElement> BodyAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
}
