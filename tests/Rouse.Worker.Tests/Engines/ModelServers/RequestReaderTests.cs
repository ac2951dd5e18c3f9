using System.Text;
using System.Text.Json;
using Rouse.Worker.Configuration;
using Rouse.Worker.Engines.Process;

namespace Rouse.Worker.Tests.Engines.ModelServers;

public sealed class RequestReaderTests
{
    private static readonly Uri s_server = new("http://127.0.0.1:81");

    [Theory]
    [InlineData("""{"path":"/v1/models"}""", "GET http://127.0.0.1:81/v1/models")]
    [InlineData("""{"path":"/a","body":{"b":1}}""", """POST http://127.0.0.1:81/a application/json {"b":1}""")]
    [InlineData("""{"path":"/a?x=1","method":"put","query":{"q":"a b&c","n":[1,true]},"body":"t","content_type":"text/plain"}""", "PUT http://127.0.0.1:81/a?x=1&q=a%20b%26c&n=1&n=true text/plain t")]
    [InlineData("""{"path":"/a","body":"t"}""", "POST http://127.0.0.1:81/a application/json \"t\"")]
    [InlineData("""{"path":"/a","body_base64":"YWJj","content_type":"image/png"}""", "POST http://127.0.0.1:81/a image/png abc")]
    [InlineData("""{"path":"/a%20b/c%2Fd"}""", "GET http://127.0.0.1:81/a%20b/c%2Fd")]
    [InlineData("""{"openai_route":"/v1/models"}""", "GET http://127.0.0.1:81/v1/models")]
    [InlineData("""{"openai_route":"/v1/chat/completions","openai_input":{"stream":true}}""", """POST http://127.0.0.1:81/v1/chat/completions application/json {"stream":true}""")]
    public async Task Input_IsARequest(string input, string request) => Assert.Equal(request, await ShownAsync(Read(input)));

    [Theory]
    [InlineData("""{"path":"\ud800"}""")]
    [InlineData("""{"path":"/a","\ud800":1}""")]
    [InlineData("""{"path":"/a","query":{"q":"\udc00"}}""")]
    [InlineData("""{"openai_route":"\ud800"}""")]
    public void Text_ThatIsNotUnicode_IsTheCallersFault(string input) => Assert.Contains("is not Unicode", Assert.Throws<FormatException>(() => Read(input)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"prompt":"x"}""")]
    [InlineData("[1]")]
    [InlineData("""{"path":"/mine","prompt":"a model's own path"}""")]
    public async Task Input_OfAWorkerWithAPath_IsTheBodyAsItIs(string input) =>
        Assert.Equal("POST http://127.0.0.1:81/run application/json " + input, await ShownAsync(Read(input, "/run")));

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("//other/x")]
    [InlineData("/\\\\other/x")]
    [InlineData("/a/../b")]
    [InlineData("/a/%2e%2E/b")]
    [InlineData("/a/%252e%252e/b")]
    [InlineData("/a/..%2fb")]
    [InlineData("/a/./b")]
    [InlineData("a")]
    [InlineData("")]
    [InlineData("/a b")]
    [InlineData("/a\\r\\nHost: x")]
    [InlineData("/a#b")]
    [InlineData("/ä")]
    [InlineData("@other/x")]
    public void Path_ThatLeavesItsServer_IsRefused(string path)
    {
        Assert.StartsWith("'path' m", Fault($$"""{"path":"{{path}}"}"""), StringComparison.Ordinal);
        Assert.StartsWith("'openai_route' m", Fault($$"""{"openai_route":"{{path}}"}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"headers":{"host":"x"}}""", "The header host is the worker's own")]
    [InlineData("""{"headers":{"Authorization":"x"}}""", "The header Authorization is the worker's own")]
    [InlineData("""{"headers":{"transfer-encoding":"chunked"}}""", "The header transfer-encoding is the worker's own")]
    [InlineData("""{"headers":{"X-A":"b\r\nX-C: d"}}""", "'headers.X-A' may hold printable ASCII only")]
    [InlineData("""{"headers":{"X A":"b"}}""", "The names of 'headers'")]
    [InlineData("""{"headers":{"X-A":1}}""", "'headers.X-A' must be a string")]
    [InlineData("""{"method":"TRACE"}""", "'method' must be one of")]
    [InlineData("""{"content_type":"a\nb"}""", "'content_type' may hold")]
    [InlineData("""{"body":1,"body_base64":"YQ=="}""", "exclude each other")]
    [InlineData("""{"body_base64":"?"}""", "'body_base64' must be")]
    [InlineData("""{"query":{"a":{}}}""", "'query.a' must be")]
    [InlineData("""{"poll":{"path":"/x"}}""", "'poll': it must be an object with path and until")]
    [InlineData("""{"poll":{"path":"//x","until":"/a"}}""", "'poll': path must begin")]
    [InlineData("""{"timeout":3}""", "'timeout' is not a member of a request")]
    public void Member_ThatIsWrong_IsNamed(string members, string words) =>
        Assert.Contains(words, Fault($$"""{"path":"/a",{{members[1..]}}"""), StringComparison.Ordinal);

    [Fact]
    public void Input_WithoutAPath_SaysWhatToSend() => Assert.Contains("ROUSE_PROCESS_PATH", Fault("""{"prompt":"x"}"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("ROUSE_PROCESS_COMMAND", "", "Set ROUSE_PROCESS_COMMAND")]
    [InlineData("ROUSE_PROCESS_URL", "http://127.0.0.1:1", "not both")]
    [InlineData("ROUSE_PROCESS_CONCURRENCY", "1025", "ROUSE_PROCESS_CONCURRENCY must be a whole number from 1 to 1024")]
    [InlineData("ROUSE_PROCESS_PATH", "http://x", "ROUSE_PROCESS_PATH must begin")]
    [InlineData("ROUSE_PROCESS_METHOD", "TRACE", "ROUSE_PROCESS_METHOD must be one of")]
    [InlineData("ROUSE_PROCESS_POLL", "{}", "ROUSE_PROCESS_POLL: it must be")]
    [InlineData("ROUSE_PROCESS_ENV", "[]", "ROUSE_PROCESS_ENV must be a JSON object")]
    public void Variable_ThatIsWrong_IsNamed(string name, string value, string words)
    {
        var variables = new Variables(asked => asked == name ? value : asked == "ROUSE_PROCESS_COMMAND" ? "serve" : null);
        ProcessSettings.Read(variables);
        Assert.Contains(words, variables.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Model_IsFetchedOnlyWhereTheServerAsksForIt()
    {
        Assert.Null(Settings("vllm serve {model_id} --port {port}").Files);
        Assert.NotNull(Settings("llama-server -m {model}/model.gguf").Files);
        static ProcessSettings Settings(string command) => ProcessSettings.Read(new Variables(name => name == "ROUSE_PROCESS_COMMAND" ? command : null))!;
    }

    private static ServerRequest Read(string input, string? path = null) => new RequestReader(new ProcessSettings { Path = path }).Read(JsonSerializer.Deserialize<JsonElement>(input));

    private static string Fault(string input) => Assert.Throws<FormatException>(() => Read(input)).Message;

    private static async Task<string> ShownAsync(ServerRequest request)
    {
        using var message = request.ToMessage(s_server, key: null);
        var body = message.Content is { } content ? $" {content.Headers.ContentType} {Encoding.UTF8.GetString(await content.ReadAsByteArrayAsync())}" : "";
        return $"{message.Method} {message.RequestUri!.AbsoluteUri}{body}";
    }
}
