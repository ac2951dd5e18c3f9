using System.Text.Json;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Process;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.ModelServers;

public sealed class ProcessEngineTests
{
    [Fact]
    public async Task Request_ArrivesAsTheJobSays_WithTheWorkersKey_AndTheServerKnowsItsPort()
    {
        await using var server = await EngineFixture.StartAsync(settings => settings with { Key = "k-1" });

        var echo = JsonSerializer.Deserialize<JsonElement>(await server.OutputAsync("""{"path":"/echo/a","query":{"q":"ä"},"headers":{"X-Mine":"1"},"body":{"b":[1]}}"""));

        Assert.Equal("POST", echo.GetProperty("method").GetString());
        Assert.Equal("/echo/a?q=%C3%A4", echo.GetProperty("target").GetString());
        Assert.Equal("""{"b":[1]}""", echo.GetProperty("body").GetString());
        Assert.Equal("1", echo.GetProperty("headers").GetProperty("x-mine").GetString());
        Assert.Equal("application/json", echo.GetProperty("headers").GetProperty("content-type").GetString());
        Assert.Equal("Bearer k-1", echo.GetProperty("headers").GetProperty("authorization").GetString());
    }

    [Fact]
    public async Task Answers_BecomeResultsByTheirMediaType()
    {
        await using var server = await EngineFixture.StartAsync();

        Assert.Equal("""{"data":["none"]}""", await server.OutputAsync("""{"openai_route":"/v1/models"}"""));
        Assert.Equal("\"plain \\u0022text\\u0022\"", await server.OutputAsync("""{"path":"/text"}"""));
        Assert.Equal("null", await server.OutputAsync("""{"path":"/nothing"}"""));
        Assert.Equal("""{"content_type":"application/zip","body_base64":"YWJj"}""", await server.OutputAsync("""{"path":"/bytes"}"""));
        var made = Assert.Single(Assert.IsType<EngineResult.Made>(await server.RunAsync("""{"path":"/picture"}""")).Files);
        Assert.Equal("image/png", made.MediaType);
        Assert.Equal("picture"u8, made.Content.Span);
        Assert.Contains("says that it is JSON, and is none", await server.FailureAsync("""{"path":"/broken"}"""), StringComparison.Ordinal);
        var refused = Assert.IsType<EngineResult.Refused>(await server.RunAsync("""{"path":"/status/422"}"""));
        Assert.StartsWith("The server answered GET /status/422 with HTTP 422: why:", refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("The server answered GET /status/503 with HTTP 503: why:", await server.FailureAsync("""{"path":"/status/503"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_ArriveInPartsInOrder_AndTheirWholeIsTheOutputOnlyIfWanted()
    {
        const string Stream = """{"openai_route":"/v1/chat/completions","openai_input":{"stream":true,"n":3}}""";
        await using var server = await EngineFixture.StartAsync();
        Assert.Equal("""[{"tok":0},{"tok":1},{"tok":2}]""", await server.OutputAsync(Stream));
        Assert.Equal(["""{"tok":0}""", """{"tok":1}""", """{"tok":2}"""], server.Parts);
        server.Parts.Clear();
        Assert.Equal("""[{"a":1},"plain",{"a":2}]""", await server.OutputAsync("""{"path":"/lines"}"""));
        Assert.Equal(3, server.Parts.Count);

        await using var brief = await EngineFixture.StartAsync(settings => settings with { Aggregates = false });
        Assert.IsType<EngineResult.Streamed>(await brief.RunAsync(Stream));
        Assert.Equal(3, brief.Parts.Count);
    }

    [Fact]
    public async Task Job_ThatIsCancelled_IsDroppedByTheServerToo()
    {
        await using var server = await EngineFixture.StartAsync();
        using var cancel = new CancellationTokenSource();
        var run = server.RunAsync("""{"path":"/wait"}""", cancel.Token);
        await server.SeenAsync("waiting");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await server.SeenAsync("gone");
    }

    [Fact]
    public async Task Job_ThatTakesTooLong_FailsAndIsDroppedByTheServerToo()
    {
        await using var server = await EngineFixture.StartAsync(settings => settings with { Timeout = TimeSpan.FromMilliseconds(300) });
        Assert.Contains("did not finish GET /wait in 0 s", await server.FailureAsync("""{"path":"/wait"}"""), StringComparison.Ordinal);
        await server.SeenAsync("gone");
    }

    [Fact]
    public async Task Server_ThatDiesUnderAJob_FailsIt_AndServesTheNextAfterItsRestart()
    {
        await using var server = await EngineFixture.StartAsync();

        var death = await server.FailureAsync("""{"path":"/die"}""");

        Assert.StartsWith("The server ended with exit code 137 (killed by SIGKILL", death, StringComparison.Ordinal);
        Assert.Contains("segfault in the model", death, StringComparison.Ordinal);
        // Asked at once: it waits until the server is up again.
        Assert.Equal("""{"data":["none"]}""", await server.OutputAsync("""{"path":"/v1/models"}"""));
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(server.Folder, "starts"))).Length);
    }

    [Fact]
    public async Task Server_ThatHangs_IsStartedAgain()
    {
        await using var server = await EngineFixture.StartAsync(settings => settings with
        {
            Limits = settings.Limits with { HangLimit = TimeSpan.FromMilliseconds(200), ProbeTimeout = TimeSpan.FromMilliseconds(400) },
        });

        await server.OutputAsync("""{"path":"/hang"}""");

        await Deadline.UntilAsync(() => File.ReadAllLines(Path.Combine(server.Folder, "starts")).Length >= 2);
        Assert.Equal("""{"data":["none"]}""", await server.OutputAsync("""{"path":"/v1/models"}"""));
    }

    [Fact]
    public async Task Work_ThatAServerOnlyTakesIn_IsFetchedWhenItIsDone()
    {
        var isPlan = PollPlan.TryParse(
            """
            {"path":"/history/{prompt_id}","until":"/{prompt_id}/outputs","fail_at":"/{prompt_id}/status/status_str","fail_is":"error","interval_ms":50,"cancel_path":"/interrupt",
             "files_at":"/{prompt_id}/outputs/*/images/*","files_path":"/view?filename={filename}&subfolder={subfolder}&type={type}"}
            """, out var plan, out var fault);
        Assert.True(isPlan, fault);
        await using var server = await EngineFixture.StartAsync(settings => settings with { Path = "/prompt", Poll = plan });

        var made = Assert.Single(Assert.IsType<EngineResult.Made>(await server.RunAsync("""{"prompt":{}}""")).Files);
        Assert.Equal("drawn"u8, made.Content.Span);
        Assert.StartsWith("The server says that the work failed:", await server.FailureAsync("""{"fail":1}"""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_OfAJobThatIsCancelled_IsInterrupted()
    {
        Assert.True(PollPlan.TryParse("""{"path":"/history/{prompt_id}","until":"/{prompt_id}","cancel_path":"/interrupt"}""", out var plan, out _));
        await using var server = await EngineFixture.StartAsync(settings => settings with { Path = "/prompt", Poll = plan });
        using var stop = new CancellationTokenSource();
        var run = server.RunAsync("""{"never":1}""", stop.Token);
        await Deadline.UntilAsync(() => File.Exists(Path.Combine(server.Folder, "looked")));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal("""{"prompt_id":"p/0"}""", (await File.ReadAllTextAsync(Path.Combine(server.Folder, "interrupted"))).Trim());
    }

    [Fact]
    public async Task Server_OfSomebodyElse_IsSpokenToWhereItIs()
    {
        await using var server = await EngineFixture.StartAsync();
        var echo = JsonSerializer.Deserialize<JsonElement>(await server.OutputAsync("""{"path":"/echo/host"}"""));
        await using var other = await EngineFixture.StartAsync(settings => settings with { Command = null, Url = new Uri("http://" + echo.GetProperty("headers").GetProperty("host").GetString()) });
        Assert.Equal("""{"data":["none"]}""", await other.OutputAsync("""{"path":"/v1/models"}"""));
    }

    [Fact]
    public async Task Command_ThatIsNotThere_FailsTheStart()
    {
        var fault = await Assert.ThrowsAsync<EngineException>(() => EngineFixture.StartAsync(settings => settings with { Command = new ServerCommand("server", ["rouse-no-such-server"]) }));
        Assert.Contains("rouse-no-such-server, which is to start server, is in no folder of PATH", fault.Message, StringComparison.Ordinal);
    }
}
