using System.Text.Json;
using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

public sealed class RunTests
{
    private const string First = "dep_00000000000000000000000001";
    private const string Input = """{"prompt":"a lighthouse","seed":7}""";
    private static readonly byte[] s_picture = [0x89, 0x50, 0x4E, 0x47, 1];
    private static readonly byte[] s_other = [0x89, 0x50, 0x4E, 0x47, 2];

    [Fact]
    public async Task Run_WritesThePictureAndTellsTheTimes()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo").Go("ready");
        api.Jobs.Then("IN_QUEUE").Then("IN_PROGRESS").Then("COMPLETED", Picture(s_picture));
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("run", "turbo", "--input", Input, "-o", "out.png");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal(s_picture, await File.ReadAllBytesAsync(Path.Combine(cli.Folder, "out.png")));
        Assert.Equal($"{cli.Folder}/out.png   5 B\n", ended.Out);
        Assert.Contains("queued, a worker is waking", ended.Error, StringComparison.Ordinal);
        Assert.Contains("running", ended.Error, StringComparison.Ordinal);
        Assert.Contains("job-1   COMPLETED   delay 12 ms   execution 345 ms", ended.Error, StringComparison.Ordinal);
        Assert.Equal("a lighthouse", api.Jobs.LastInput.GetProperty("prompt").GetString());
        Assert.Contains(api.Asked, a => a.Path.StartsWith($"/v2/{First}/runsync?wait=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WithSeveralPictures_WritesEachOnce()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        var (one, two) = (Convert.ToBase64String(s_picture), Convert.ToBase64String(s_other));
        api.Jobs.Then("COMPLETED", $$"""{"image_base64":"{{one}}","images":["{{one}}","data:image/png;base64,{{two}}"]}""");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("run", First, "-i", Input, "-o", "out.png", "--format", "json");

        Assert.Equal(s_picture, await File.ReadAllBytesAsync(Path.Combine(cli.Folder, "out.png")));
        Assert.Equal(s_other, await File.ReadAllBytesAsync(Path.Combine(cli.Folder, "out-1.png")));
        Golden.Assert("run.json", ended.Out.Replace(cli.Folder, "/here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WhosePictureLiesInAStore_FetchesItThere_WithoutTheKey()
    {
        await using var api = await FakeApi.StartAsync();
        await using var store = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Jobs.Then("COMPLETED", $$"""{"image_url":"{{store.Address}}health","images":[{"url":"{{store.Address}}health","seed":7}]}""");
        using var cli = new Cli(api).With("ROUSE_API_KEY", "a-key-0123456789");

        var ended = await cli.RunAsync("run", First, "-i", Input, "-o", "out.png");

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal("""{"status":"ok"}""", await File.ReadAllTextAsync(Path.Combine(cli.Folder, "out.png")));
        Assert.DoesNotContain("Authorization", Assert.Single(store.Asked).Headers.Keys);
    }

    [Theory]
    [InlineData("@input.json")]
    [InlineData("-")]
    public async Task Run_TakesItsInputFromAFileOrStdin(string from)
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Jobs.Then("COMPLETED", """{"text":"done"}""");
        using var cli = new Cli(api) { Input = Input };
        await File.WriteAllTextAsync(Path.Combine(cli.Folder, "input.json"), Input);

        var ended = await cli.RunAsync("job", "run", First, "--input", from);

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Equal(7, api.Jobs.LastInput.GetProperty("seed").GetInt32());
        Assert.Contains("\"text\": \"done\"", ended.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("@absent.json")]
    public async Task Run_WithBadInput_IsAUsageErrorAndAsksNoServer(string input)
    {
        using var cli = new Cli();
        Assert.Equal(ExitCode.Usage, (await cli.RunAsync("run", First, "--input", input)).Exit);
    }

    [Fact]
    public async Task Run_WhenTheJobFails_EndsWith1AndTheWorkersMessage()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Jobs.Then("FAILED", error: """{"error_type":"X","error_message":"width must be a multiple of 8","error_traceback":"…"}""");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("run", First, "-i", Input, "-o", "out.png");

        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains("error: job job-1 ended FAILED: width must be a multiple of 8 [FAILED]", ended.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(cli.Folder, "out.png")));
    }

    [Fact]
    public async Task Run_NeverRepeatsThePost()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.RefuseNext("POST", 503);
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("run", First, "-i", Input);

        Assert.Equal(ExitCode.ServerError, ended.Exit);
        Assert.Single(api.Asked, a => a.Method is "POST");
    }

    [Fact]
    public async Task Run_Async_PrintsTheJobWhichStatusThenShows()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add(name: "turbo");
        api.Jobs.Then("IN_QUEUE").Then("COMPLETED", Picture(s_picture)).Then("CANCELLED").Then("IN_QUEUE");
        using var cli = new Cli(api);

        Assert.Equal(new Ended(ExitCode.Ok, "job-1\n", ""), await cli.RunAsync("run", "turbo", "-i", Input, "--async", "-q"));
        Assert.Contains("\"image_base64\": \"<5 B>\"", (await cli.RunAsync("job", "status", "turbo", "job-1")).Out, StringComparison.Ordinal);
        Assert.Contains("CANCELLED", (await cli.RunAsync("job", "cancel", "turbo", "job-1")).Out, StringComparison.Ordinal);
        Assert.Contains("IN_QUEUE", (await cli.RunAsync("job", "retry", "turbo", "job-1")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await cli.RunAsync("job", "status", "turbo", "job-2")).Exit);
    }

    [Fact]
    public async Task Run_Stream_PrintsChunksInOrder()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Jobs.Then("IN_QUEUE").Then("COMPLETED");
        api.Jobs.ThenChunks("IN_QUEUE").ThenChunks("IN_PROGRESS", "\"one\"", """{"step":2}""").ThenChunks("COMPLETED", "\"three\"");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("run", First, "-i", Input, "--stream");

        Assert.Equal((ExitCode.Ok, "one\n{\"step\":2}\nthree\n"), (ended.Exit, ended.Out));
    }

    [Fact]
    public async Task Run_AfterItsTimeout_EndsWith6AndNamesTheJob()
    {
        await using var api = await FakeApi.StartAsync();
        api.Deployments.Add();
        api.Jobs.Then("IN_QUEUE");
        using var cli = new Cli(api);

        var ended = await cli.RunAsync("run", First, "-i", Input, "--timeout", "400ms");

        Assert.Equal(ExitCode.Timeout, ended.Exit);
        Assert.Contains($" next: `rouse job status {First} job-1` looks at it, `rouse job cancel", ended.Error, StringComparison.Ordinal);
    }

    private static string Picture(byte[] picture) => JsonSerializer.Serialize(new { image_base64 = Convert.ToBase64String(picture), seed = 7 });
}
