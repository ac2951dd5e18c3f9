using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.Server;
using Rouse.TestKit.Time;

namespace Rouse.Cli.Tests;

/// <summary>rouse webhooks against a real server and a real receiver.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-hooks-").FullName;
    private readonly ConcurrentQueue<(string Headers, byte[] Body)> _received = new();
    private readonly ConcurrentQueue<int> _answers = new();
    private RouseHost _server = null!;
    private WebApplication _receiver = null!;

    private string Url => _receiver.Urls.Single() + "/hook";

    public async Task InitializeAsync()
    {
        _server = await RouseHost.StartAsync(new RouseHostOptions { RequestsPerMinute = 0, DataFolder = Path.Combine(_folder, "data"), Port = 0, HandleSignals = false, Quiet = true });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _received.Enqueue((string.Join('\n', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}")), body.ToArray()));
            context.Response.StatusCode = _answers.TryDequeue(out var status) ? status : 204;
        });
        await _receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _receiver.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task WhatIsSent_IsVerified_AndWhatIsChanged_IsNot()
    {
        var secret = (await RunAsync("webhooks", "create", Url, "-q")).Out.Trim();
        var id = (await RunAsync("webhooks", "list", "-q")).Out.Trim();
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        var sent = await RunAsync("webhooks", "test", id, "-q");
        await Eventually.TrueAsync(() => !_received.IsEmpty);
        var (headers, body) = _received.First();

        Assert.Equal((ExitCode.Ok, sent.Out), await VerifyAsync(secret, headers, body, "-q"));
        Assert.Equal(ExitCode.Failed, (await VerifyAsync(secret, headers, [.. body, 32])).Exit);
        Assert.Equal(ExitCode.Failed, (await VerifyAsync((await RunAsync("webhooks", "rotate", id, "--at-once", "-q")).Out.Trim(), headers, body)).Exit);
        Assert.Equal(ExitCode.Usage, (await VerifyAsync("nonsense", headers, body)).Exit);
    }

    [Fact]
    public async Task AnOldOne_IsTooOld_UnlessAskedOtherwise()
    {
        // The vector of the Standard Webhooks specification.
        const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        const string Headers = """
            Webhook-Id: msg_p5jXN8AQM9LWM0D4loKWxJek
            Webhook-Timestamp: 1614265330
            Webhook-Signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=
            """;
        var body = """{"test": 2432232314}"""u8.ToArray();
        Assert.Equal(ExitCode.Failed, (await VerifyAsync(Secret, Headers, body)).Exit);
        Assert.Equal((ExitCode.Ok, "msg_p5jXN8AQM9LWM0D4loKWxJek\n"), await VerifyAsync(Secret, Headers, body, "-q", "--any-age"));
    }

    [Fact]
    public async Task AWebhooksLife_FromTheCommandLine()
    {
        _answers.Enqueue(410);
        await RunAsync("webhooks", "create", Url, "-e", "job.*", "--description", "mine");
        var id = (await RunAsync("webhooks", "list", "-q")).Out.Trim();
        var delivery = (await RunAsync("webhooks", "test", id, "-q")).Out.Trim();
        await Eventually.TrueAsync(async () => (await RunAsync("webhooks", "deliveries", id, "--state", "dead", "-q")).Out.Trim() == delivery);

        Assert.Contains("disabled (gone)", (await RunAsync("webhooks", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, (await RunAsync("webhooks", "test", id)).Exit);
        Assert.Contains("failing", (await RunAsync("webhooks", "update", id, "--enable")).Out, StringComparison.Ordinal);
        Assert.Equal("1\n", (await RunAsync("webhooks", "resend", id, "--dead", "-q")).Out);
        await Eventually.TrueAsync(async () => (await RunAsync("webhooks", "deliveries", id, "--state", "delivered", "-q")).Out.Trim() == delivery);
        Assert.Equal(delivery + "\n", (await RunAsync("webhooks", "resend", id, delivery, "-q")).Out);
        await Eventually.TrueAsync(() => _received.Count == 3);
        using var page = JsonDocument.Parse((await RunAsync("webhooks", "deliveries", id, "-o", "json")).Out);
        Assert.Equal(delivery, page.RootElement.GetProperty("deliveries")[0].GetProperty("id").GetString());

        Assert.Equal(ExitCode.Usage, (await RunAsync("webhooks", "resend", id)).Exit);
        Assert.Equal(ExitCode.Usage, (await RunAsync("webhooks", "update", id, "--enable", "--disable")).Exit);
        Assert.Equal(ExitCode.Ok, (await RunAsync("webhooks", "rm", id)).Exit);
        Assert.Equal(ExitCode.NotFound, (await RunAsync("webhooks", "rm", id)).Exit);
        Assert.Equal("", (await RunAsync("webhooks", "list", "-q")).Out);
    }

    private async Task<Ended> RunAsync(params string[] args)
    {
        using var cli = new Cli().With("ROUSE_SERVER", _server.BaseAddress.ToString());
        return await cli.RunAsync(args);
    }

    private static async Task<(ExitCode Exit, string Out)> VerifyAsync(string secret, string headers, byte[] body, params string[] more)
    {
        using var cli = new Cli().With("WEBHOOK_SECRET", secret);
        await File.WriteAllTextAsync(Path.Combine(cli.Folder, "headers.txt"), headers);
        await File.WriteAllBytesAsync(Path.Combine(cli.Folder, "body"), body);
        var ended = await cli.RunAsync(["webhooks", "verify", "--headers", "headers.txt", "--body", "body", .. more]);
        return (ended.Exit, ended.Out);
    }
}
