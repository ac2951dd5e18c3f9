using Rouse.TestKit.Files;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Tests.Weights;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.ModelFiles;

public sealed class LibraryFaultTests
{
    [Fact]
    public async Task Obtain_WhenTheFileComesWrongOnce_FetchesItAgain_AndTwice_ThrowsItAway()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var once = HostedFile.Safetensors().Spoilt(1);
        Assert.True((await fixture.ObtainAsync(fixture.Host.Add("/once", once), "once", once.Sha256)).WasFetched);
        Assert.Contains("thrown away and fetched again", fixture.Log.ToString(), StringComparison.Ordinal);

        var always = HostedFile.Safetensors(seed: 2).Spoilt(int.MaxValue);
        var fault = await fixture.FaultAsync(fixture.Host.Add("/always", always), "always", always.Sha256);

        Assert.Equal("checksum_mismatch", fault.Code);
        Assert.Contains(always.Sha256, fault.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(fixture.Folder, "checkpoints")));
        Assert.Empty(Directory.GetFiles(fixture.Folder, "*rouse-part*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Obtain_WhenConnectionsAreCutAtEveryStage_StillEndsWhole(bool hasRanges)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        hosted.HasRanges = hasRanges;
        foreach (var status in new[] { 503, 429 }) hosted.Statuses.Enqueue(status);
        foreach (var cut in hasRanges ? new[] { 0, 1, 5_000, 20_000, 31_000 } : [20_000, 0, 100_000, 250_000]) hosted.Cuts.Enqueue(cut);

        var file = await fixture.ObtainAsync(fixture.Host.Add("/x", hosted), sha256: hosted.Sha256);

        Assert.Equal(hosted.Content, await File.ReadAllBytesAsync(file.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Obtain_WhenTheServerLiesAboutTheLength_EndsAndServesNothing(bool hasRanges)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        (hosted.HasRanges, hosted.ExtraLength) = (hasRanges, 100_000);

        var fault = await fixture.FaultAsync(fixture.Host.Add("/x", hosted));

        Assert.Contains(fault.Code, (string[])["model_file_unavailable", "model_file_damaged"]);
        fixture.AssertNothingServed();
    }

    [Theory]
    [InlineData("//")]
    [InlineData("http://")]
    [InlineData("https:///")]
    [InlineData("http://[")]
    public async Task Obtain_WhenARedirectLeadsToNoAddress_IsRefused(string target)
    {
        await using var fixture = await LibraryFixture.StartAsync();

        var fault = await fixture.FaultAsync(fixture.Host.Add("/x", new HostedFile([]) { RedirectTo = target }));

        Assert.Contains(fault.Code, (string[])["model_file_address", "model_file_unavailable"]);
    }

    [Fact]
    public async Task Obtain_OfPartsWithoutTheLengthOfTheWhole_IsRefused()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        hosted.TellsWhole = false;

        Assert.Contains("does not say how long", (await fixture.FaultAsync(fixture.Host.Add("/x", hosted))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Obtain_WithoutALength_IsRefused()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        (hosted.HasRanges, hosted.HasLength) = (false, false);

        Assert.Contains("does not say how long", (await fixture.FaultAsync(fixture.Host.Add("/x", hosted))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Obtain_OfWhatChangesUnderWay_MixesNothing()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        var release = new TaskCompletionSource();
        hosted.Hold = release.Task;
        var obtaining = fixture.ObtainAsync(fixture.Host.Add("/x", hosted));
        await Deadline.UntilAsync(() => fixture.Host.Requests.Count == 1 + HubFixture.Options.Connections);

        hosted.Version = "v2";
        release.SetResult();

        Assert.Equal("model_file_changed", (await Assert.ThrowsAsync<ModelFileException>(() => obtaining)).Code);
        fixture.AssertNothingServed();
        // The next one begins anew: nothing of the old version is taken up.
        hosted.Hold = null;
        Assert.True((await fixture.ObtainAsync(fixture.Host.Endpoint + "/x")).WasFetched);
    }

    [Theory]
    [InlineData(401, "model_file_refused", "does not give 'a.safetensors' to everybody")]
    [InlineData(403, "model_file_refused", "presigned")]
    [InlineData(404, "model_file_not_found", "Check the address")]
    [InlineData(410, "model_file_not_found", "Check the address")]
    [InlineData(429, "model_file_busy", "asks for fewer requests")]
    [InlineData(500, "model_file_unavailable", "Try again later")]
    public async Task Obtain_WhenTheServerRefuses_SaysWhatToDo_AndNoSecret(int status, string code, string words)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        for (var i = 0; i < HubFixture.Options.MaxFailures; i++) hosted.Statuses.Enqueue(status);

        var fault = await fixture.FaultAsync(fixture.Host.Add("/x", hosted) + "?token=0123456789abcdef");

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("0123456789abcdef", fault.Message + fixture.Log, StringComparison.Ordinal);
        fixture.AssertNothingServed();
    }

    [Fact]
    public async Task Obtain_OfASignInPage_AsksForAToken()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var page = new HostedFile(System.Text.Encoding.ASCII.GetBytes("<html>sign in</html>")) { ContentType = "text/html", HasRanges = false, HasLength = false };
        var moved = new HostedFile([]) { RedirectTo = "/login?returnUrl=x" };
        fixture.Host.Add("/login", page);

        var fault = await fixture.FaultAsync(fixture.Host.Add("/x", moved));

        Assert.Equal("model_file_refused", fault.Code);
        Assert.Contains("sign in", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Obtain_WhenAPermissionRunsOutUnderWay_AsksTheAddressForANewOne()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        var release = new TaskCompletionSource();
        hosted.Hold = release.Task;
        fixture.Host.Add("/signed", hosted);
        var url = fixture.Host.Add("/x", new HostedFile([]) { RedirectTo = fixture.Host.OtherEndpoint + "/signed" });
        var obtaining = fixture.ObtainAsync(url, sha256: hosted.Sha256);
        int Asked(string path) => fixture.Host.Requests.Count(request => request.Path == path);
        await Deadline.UntilAsync(() => Asked("/signed") == 1 + HubFixture.Options.Connections);

        // To every connection: whoever is refused second must not take it for the end.
        for (var i = 0; i < HubFixture.Options.Connections; i++) hosted.Statuses.Enqueue(403);
        release.SetResult();

        Assert.Equal(hosted.Content, await File.ReadAllBytesAsync((await obtaining.InTimeAsync()).Path));
        Assert.InRange(Asked("/x"), 2, 1 + (2 * HubFixture.Options.Connections));
    }

    [Fact]
    public async Task Obtain_WithoutAHash_TakesUpNothingOfAnotherVersion()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        var url = fixture.Host.Add("/x", hosted);
        using var stop = new CancellationTokenSource();
        hosted.Hold = new TaskCompletionSource().Task;
        var first = fixture.Library().ObtainAsync(new WantedFile(ModelFileKind.Checkpoint, "a", url, null), static (_, _) => { }, stop.Token);
        await Deadline.UntilAsync(() => fixture.Host.Requests.Count == 1 + HubFixture.Options.Connections);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        hosted.Hold = null;
        Assert.Equal(2, Parts());
        var sent = fixture.Host.BytesSent;

        hosted.Version = "v2";
        await fixture.ObtainAsync(url);

        Assert.Equal(FileContent.StartLength + hosted.Content.Length, fixture.Host.BytesSent - sent);
        Assert.Equal(0, Parts());

        int Parts() => Directory.GetFiles(Path.Combine(fixture.Folder, ".rouse"), "*.part.*", SearchOption.AllDirectories).Length;
    }

    [Fact]
    public async Task Obtain_KeepsPermissionsOfTheAddressOutOfLogsAndRecords()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var url = fixture.Host.Add("/x", HostedFile.Safetensors()) + "?weird_name=0123456789abcdef&X-Amz-Signature=fedcba9876543210";

        await fixture.ObtainAsync(url);

        var written = string.Concat(Directory.GetFiles(Path.Combine(fixture.Folder, ".rouse"), "*.json", SearchOption.AllDirectories).Select(File.ReadAllText));
        Assert.Contains("\"url\"", written, StringComparison.Ordinal);
        foreach (var secret in new[] { "0123456789abcdef", "fedcba9876543210" }) Assert.DoesNotContain(secret, written + fixture.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(17, 17)]
    [InlineData(86_400, 300)]
    public async Task Obtain_WhenTheServerSaysWhenToComeBack_WaitsThatLong_WithinABound(int asked, int waited)
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors();
        hosted.RetryAfter = asked;
        hosted.Statuses.Enqueue(429);
        var time = new SteppedTime();
        var library = fixture.Library(options: HubFixture.Options with { LongestAsked = new DownloadOptions().LongestAsked }, time: time);

        var obtaining = library.ObtainAsync(
            new WantedFile(ModelFileKind.Lora, "a", fixture.Host.Add("/x", hosted), null), static (_, _) => { }, CancellationToken.None);

        Assert.Equal(TimeSpan.FromSeconds(waited), await time.StepAsync());
        await obtaining.InTimeAsync();
    }

    [Fact]
    public async Task Obtain_OfMoreThanMayBe_FailsBeforeTheBody()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var url = fixture.Host.Add("/x", HostedFile.Safetensors());

        var faults = new[]
        {
            await fixture.FaultAsync(url, settings: fixture.Settings with { MaxFileBytes = 300_000 }),
            await fixture.FaultAsync(url, settings: fixture.Settings with { MaxTotalBytes = 300_000 }),
            await Assert.ThrowsAsync<ModelFileException>(() => fixture.Library(options: HubFixture.Options with { DiskReserve = 1L << 60 }).ObtainAsync(
                new WantedFile(ModelFileKind.Checkpoint, "a", url, null), static (_, _) => { }, CancellationToken.None)),
        };

        Assert.Equal(["model_file_too_large", "models_full", "disk_full"], faults.Select(fault => fault.Code));
        Assert.Equal(3 * FileContent.StartLength, fixture.Host.BytesSent);
        fixture.AssertNothingServed();
    }
}
