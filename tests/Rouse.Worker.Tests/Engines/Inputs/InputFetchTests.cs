using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Rouse.TestKit.Files;
using Rouse.Worker.Egress;
using Rouse.Worker.Engines.Images;
using Rouse.Worker.Engines.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Engines.Inputs;

/// <summary>Files by URL, over real sockets.</summary>
public sealed class InputFetchTests
{
    private const string Silent = "'image_url' could not be fetched: its address does not answer, or is none that is fetched from (https, on the public internet, at most five redirects).";
    private static readonly Task s_never = new TaskCompletionSource().Task;
    private static readonly byte[] s_picture = PngWriter.Write(Enumerable.Range(0, 64 * 64 * 3).Select(static i => (byte)(i * 31)).ToArray(), 64, 64);

    [Fact]
    public async Task AFile_ComesWhole_WithOrWithoutALength_AndThroughRedirects()
    {
        await using var host = await FakeFileHost.StartAsync();
        host.Add("/picture", new HostedFile(s_picture));
        foreach (var file in new[] { new HostedFile(s_picture), new HostedFile(s_picture) { HasLength = false }, new HostedFile(s_picture) { RedirectTo = "/picture" } })
        {
            var got = await FetchAsync(host.Add("/asked", file), Listed(host.Endpoint));
            Assert.Null(got.Refusal);
            Assert.Equal(s_picture, got.Content.ToArray());
        }
    }

    [Fact]
    public async Task AHost_IsToldNothingOfTheWorker()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var span = new Activity("run job").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("a", "b").Start();
        var asked = FetchAsync($"http://{listener.LocalEndpoint}/p?sig=s", Listed($"http://{listener.LocalEndpoint}"));
        using var client = await listener.AcceptTcpClientAsync();
        var head = await HeadAsync(client);
        await client.GetStream().WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray());

        Assert.Equal($"GET /p?sig=s HTTP/1.1|Host: {listener.LocalEndpoint}|User-Agent: rouse-worker/0.1|", head);
        Assert.Equal("'image_url' could not be fetched: its server answered HTTP 403.", (await asked.InTimeAsync()).Refusal!.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AFileThatIsTooLarge_IsNotWaitedFor(bool tellsLength)
    {
        await using var host = await FakeFileHost.StartAsync();
        var url = host.Add("/large", new HostedFile(new byte[64 << 10]) { HasLength = tellsLength, HasRanges = false, Hold = s_never });

        var refusal = (await FetchAsync(url, Listed(host.Endpoint), FileKind.Picture with { MaxBytes = 2_048 }).InTimeAsync()).Refusal!;

        Assert.Equal("invalid_input", refusal.Code);
        Assert.Equal("'image_url' leads to a file of more than 2.0 KiB, which is the most that is taken.", refusal.Message);
    }

    [Fact]
    public async Task AFileThatDoesNotComeInTime_IsGivenUp()
    {
        await using var host = await FakeFileHost.StartAsync();
        var time = new SteppedTime();
        var url = host.Add("/slow", new HostedFile(s_picture) { HasRanges = false, Hold = s_never });
        var asked = FetchAsync(url, Listed(host.Endpoint), time: time);
        await Deadline.UntilAsync(() => host.BytesSent > 0);

        Assert.Equal(InputFetch.Limit, await time.StepAsync());
        var refusal = (await asked.InTimeAsync()).Refusal!;
        Assert.Equal("input_unavailable: 'image_url' could not be fetched: it did not come within 64 s.", $"{refusal.Code}: {refusal.Message}");
    }

    [Fact]
    public async Task AStoppedJob_EndsItsFetch()
    {
        await using var host = await FakeFileHost.StartAsync();
        using var stop = new CancellationTokenSource();
        var url = host.Add("/slow", new HostedFile(s_picture) { HasRanges = false, Hold = s_never });
        var asked = FetchAsync(url, Listed(host.Endpoint), ct: stop.Token);
        await Deadline.UntilAsync(() => host.BytesSent > 0);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.InTimeAsync());
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    public async Task AConnectionThatIsCut_IsToldAsThat(string answer)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = FetchAsync($"http://{listener.LocalEndpoint}/p", Listed($"http://{listener.LocalEndpoint}"));
        using (var client = await listener.AcceptTcpClientAsync())
        {
            await HeadAsync(client);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{answer}"));
        }

        var refusal = (await asked.InTimeAsync()).Refusal!;

        Assert.Equal("input_unavailable: 'image_url' could not be fetched: the connection was cut before its end.", $"{refusal.Code}: {refusal.Message}");
    }

    [Fact]
    public async Task WhatIsNoPicture_IsRefused_WhateverItsServerCallsIt()
    {
        await using var host = await FakeFileHost.StartAsync();
        var url = host.Add("/picture.png", new HostedFile("<html>Sign in"u8.ToArray()) { ContentType = "image/png" });

        var refusal = (await FetchAsync(url, Listed(host.Endpoint))).Refusal!;

        Assert.Equal("invalid_input: 'image_url' must be a PNG, JPEG or WebP picture; its address serves something else.", $"{refusal.Code}: {refusal.Message}");
    }

    [Fact]
    public async Task ARedirectThatLeadsInside_LooksLikeAnAddressThatDoesNotAnswer()
    {
        await using var host = await FakeFileHost.StartAsync();
        host.Add("/picture", new HostedFile(s_picture));
        string[] targets =
        [
            host.OtherEndpoint + "/picture", host.OtherEndpoint.Replace("http:", "https:", StringComparison.Ordinal) + "/picture", "https://localhost:8443/picture",
            "http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "https://[::ffff:169.254.169.254]/", "file:///etc/passwd", "ftp://files.example/x",
            host.Endpoint.Replace("//", "//user:word@", StringComparison.Ordinal) + "/picture", "/loop",
        ];
        host.Add("/loop", new HostedFile([]) { RedirectTo = "/loop" });
        foreach (var target in targets)
        {
            var refusal = (await FetchAsync(host.Add("/asked", new HostedFile([]) { RedirectTo = target }), Listed(host.Endpoint))).Refusal!;
            Assert.Equal("input_unavailable", refusal.Code);
            Assert.Equal(Silent, refusal.Message);
        }

        Assert.DoesNotContain(host.Requests, request => request.Origin == host.OtherEndpoint || request.Path == "/picture");
    }

    [Fact]
    public async Task WhatIsBlocked_LooksLikeWhatIsNotThere()
    {
        // Taken, so that no other test gets it, and not listened to.
        using var unused = new Socket(SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var nobody = $"http://127.0.0.1:{((IPEndPoint)unused.LocalEndPoint!).Port}";
        var (unknown, inside) = (Resolving(static () => throw new SocketException((int)SocketError.HostNotFound)), Resolving(static () => [IPAddress.Parse("10.0.0.1")]));
        (string Url, InputUrls Urls)[] cases =
        [
            (nobody + "/x", Listed(nobody)), ("https://typo.example/x", unknown), ("https://innocent.example/x", inside), ("https://innocent.example:22/x", inside),
            ("https://127.0.0.1:8443/x", InputUrls.Public), ("https://[::1]/x", InputUrls.Public), ("http://public.example/x", InputUrls.Public),
        ];
        foreach (var (url, urls) in cases) Assert.Equal(Silent, (await FetchAsync(url, urls)).Refusal!.Message);
    }

    [Fact]
    public async Task WhereTheOperatorWantsNone_NothingIsAsked_AndThatIsSaid()
    {
        await using var host = await FakeFileHost.StartAsync();
        var refusal = (await FetchAsync(host.Add("/picture", new HostedFile(s_picture)), Listed(host.Endpoint) with { AreFetched = false })).Refusal!;

        Assert.Equal("input_urls_off", refusal.Code);
        Assert.Contains("ROUSE_INPUT_URLS=0", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(host.Requests);
    }

    private static async Task<string> HeadAsync(TcpClient client)
    {
        var head = new StringBuilder();
        using var lines = new StreamReader(client.GetStream(), leaveOpen: true);
        while (await lines.ReadLineAsync() is { Length: > 0 } line) head.Append(line).Append('|');
        return head.ToString();
    }

    private static InputUrls Listed(string origin) => new(AreFetched: true, HostRules.Parse(new Uri(origin).Authority, out _)!);

    private static InputUrls Resolving(Func<IPAddress[]> answer) => new(AreFetched: true, HostRules.Parse(null, out _, (_, _) => Task.FromResult(answer()))!);

    private static async Task<FetchedInput> FetchAsync(string url, InputUrls urls, FileKind? kind = null, TimeProvider? time = null, CancellationToken ct = default)
    {
        using var fetch = new InputFetch(urls, new Clock(time ?? TimeProvider.System, static () => 0));
        return await fetch.ObtainAsync(new Attachment("image_url", kind ?? FileKind.Picture, default, new Uri(url)), ct);
    }
}
