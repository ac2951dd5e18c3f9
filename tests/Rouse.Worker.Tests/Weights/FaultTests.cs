using Rouse.Core.Deployments;
using Rouse.TestKit.Hub;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Tests.Support;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

public sealed class FaultTests
{
    private const string Id = "org/name";

    [Theory]
    [InlineData("org/none", "model_not_found", "if it is private, give a token")]
    [InlineData("org/name@v9", "model_not_found", "has no revision 'v9'")]
    [InlineData("org/gated", "model_gated", "Accept its terms at")]
    [InlineData("org/private", "model_not_found", "if it is private, give a token")]
    public async Task Obtain_WhenTheHubRefuses_SaysWhatToDo(string id, string code, string words)
    {
        await using var fixture = await HubFixture.StartAsync(
            new FakeRepository(Id).WithPipeline(),
            new FakeRepository("org/gated") { IsGated = true }.WithPipeline(),
            new FakeRepository("org/private") { IsPrivate = true }.WithPipeline());

        var fault = await fixture.FaultAsync(id);

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.Contains(fault.Code, FailureCodes.All);
    }

    [Fact]
    public async Task Obtain_ThroughABurstOfFaults_StillEndsWhole()
    {
        var repository = new FakeRepository(Id).WithPipeline(2_000_000);
        await using var fixture = await HubFixture.StartAsync(repository);
        foreach (var status in new[] { 500, 429, 503 }) fixture.Hub.Script.ListStatuses.Enqueue(status);
        foreach (var status in new[] { 503, 502, 429, 500, 408, 504 }) fixture.Hub.Script.FileStatuses.Enqueue(status);
        foreach (var after in new[] { 0, 1, 5_000, 20_000, 31_000, 100, 16_384 }) fixture.Hub.Script.Cuts.Enqueue(after);

        HubFixture.AssertHolds(await fixture.ObtainAsync(Id), repository.Files);
    }

    [Fact]
    public async Task Obtain_WhenConnectionsAreCut_GoesOnWhereTheyWereCut()
    {
        var repository = new FakeRepository(Id).WithPipeline(2_000_000);
        await using var fixture = await HubFixture.StartAsync(repository);
        for (var i = 0; i < 10; i++) fixture.Hub.Script.Cuts.Enqueue(20_000);

        HubFixture.AssertHolds(await fixture.ObtainAsync(Id), repository.Files);

        // At most what lay in a socket when it was cut came twice.
        Assert.InRange(fixture.Hub.BytesSent, repository.Files.Sum(file => file.Size), repository.Files.Sum(file => file.Size) + (10 * 20_000));
        Assert.Contains(fixture.Hub.Requests, request => request.Range is { } range && !range.StartsWith("bytes=0-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Obtain_WhenAnAddressRunsOut_AsksTheHubForANewOne()
    {
        var repository = new FakeRepository(Id).WithPipeline(2_000_000);
        await using var fixture = await HubFixture.StartAsync(repository);
        var release = new TaskCompletionSource();
        fixture.Hub.Script.HoldBodies = release.Task;
        var obtaining = fixture.ObtainAsync(Id);
        await Deadline.UntilAsync(() => fixture.Hub.Requests.Count(request => request.IsContentNetwork) == HubFixture.Options.Connections);

        fixture.Hub.Script.AddressGeneration++;
        release.SetResult();

        HubFixture.AssertHolds(await obtaining.InTimeAsync(), repository.Files);
    }

    [Fact]
    public async Task Obtain_WhenAConnectionFallsSilent_CutsItAndGoesOn()
    {
        var repository = new FakeRepository(Id).WithPipeline(500_000);
        await using var fixture = await HubFixture.StartAsync(repository);
        fixture.Hub.Script.StalledBodies = 2;
        var store = fixture.Store(options: HubFixture.Options with { IdleTimeout = TimeSpan.FromMilliseconds(300) });

        var folder = await store.ObtainAsync(HubFixture.Model(Id), new OnnxFiles(), static (_, _) => { }, CancellationToken.None).InTimeAsync();

        HubFixture.AssertHolds(folder, repository.Files);
    }

    [Theory]
    [InlineData(17, 17)]
    [InlineData(120, 120)]
    [InlineData(86_400, 300)]
    public async Task Obtain_WhenTheHubSaysWhenToComeBack_WaitsThatLong_WithinABound(int asked, int waited)
    {
        await using var fixture = await HubFixture.StartAsync(new FakeRepository(Id).WithPipeline());
        fixture.Hub.Script.RetryAfter = asked;
        fixture.Hub.Script.ListStatuses.Enqueue(429);
        var time = new SteppedTime();
        var options = HubFixture.Options with { LongestAsked = new DownloadOptions().LongestAsked };

        var obtaining = fixture.Store(options: options, time: time).ObtainAsync(HubFixture.Model(Id), new OnnxFiles(), static (_, _) => { }, CancellationToken.None);

        Assert.Equal(TimeSpan.FromSeconds(waited), await time.StepAsync());
        await obtaining.InTimeAsync();
    }

    [Fact]
    public async Task Obtain_WhenTheHubStaysDown_SaysSoAfterABoundedNumberOfTries()
    {
        await using var fixture = await HubFixture.StartAsync(new FakeRepository(Id).WithPipeline());
        for (var i = 0; i < 100; i++) fixture.Hub.Script.ListStatuses.Enqueue(503);

        var fault = await fixture.FaultAsync(Id);

        Assert.Equal("hub_unavailable", fault.Code);
        Assert.Equal(HubFixture.Options.MaxFailures, fixture.Hub.Requests.Count);
    }

    [Fact]
    public async Task Obtain_WhenAFileComesWrongOnce_FetchesItAgain_AndTwice_Fails()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        fixture.Hub.Script.WrongBodies = 1;
        HubFixture.AssertHolds(await fixture.ObtainAsync(Id), repository.Files);

        var other = new FakeRepository("org/other").With(FakeFile.Sized("unet/model.onnx", 400_000));
        fixture.Hub.Add(other);
        fixture.Hub.Script.WrongBodies = int.MaxValue;
        var fault = await fixture.FaultAsync("org/other");

        Assert.Equal("checksum_mismatch", fault.Code);
        Assert.Empty(Directory.GetFiles(Path.Combine(fixture.Cache, "hub", "models--org--other", "blobs")));
    }

    [Fact]
    public async Task Obtain_OfMoreThanTheDiskHolds_FailsBeforeTheFirstByte()
    {
        var repository = new FakeRepository(Id) { ListedExtraSize = 1L << 50 }.WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);

        var fault = await fixture.FaultAsync(Id);

        Assert.Equal("disk_full", fault.Code);
        Assert.Equal(0, fixture.Hub.BytesSent);
    }

    [Theory]
    [InlineData("../../evil.json")]
    [InlineData("/etc/evil.json")]
    [InlineData("unet/../../evil.json")]
    [InlineData("unet\\..\\evil.json")]
    [InlineData("unet//evil.json")]
    public async Task Obtain_WhenTheListingLeavesItsFolder_TouchesNothing(string name)
    {
        var repository = new FakeRepository(Id).WithPipeline();
        repository.ListedNames.Add(name);
        await using var fixture = await HubFixture.StartAsync(repository);

        Assert.Equal("model_unusable", (await fixture.FaultAsync(Id)).Code);
        Assert.Equal(0, fixture.Hub.BytesSent);
    }

    [Theory]
    [InlineData("unet/model.onnx", "lists 'unet/model.onnx' twice")]
    [InlineData("unet", "lists 'unet' as a file and as a folder")]
    public async Task Obtain_WhenTheListingNamesOneThingTwice_TouchesNothing(string name, string words)
    {
        var repository = new FakeRepository(Id).WithPipeline();
        repository.ListedNames.Add(name);
        await using var fixture = await HubFixture.StartAsync(repository);

        var fault = await fixture.FaultAsync(Id);

        Assert.Equal("model_unusable", fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Hub.BytesSent);
    }

    [Fact]
    public async Task Open_WhereItWasRedirectedToAHostThatIsGone_AsksTheHubAgain()
    {
        var repository = new FakeRepository(Id).WithPipeline();
        await using var fixture = await HubFixture.StartAsync(repository);
        using var http = Composition.CreateHubHttp();
        var hub = new HubClient(http, new HubSettings(fixture.Hub.Endpoint, null, fixture.Cache), TimeProvider.System);
        var listing = await hub.ListAsync(HubFixture.Model(Id), CancellationToken.None);
        var address = hub.Address(listing, listing.Files.First(static file => file.Path == "unet/model.onnx"));
        // Nothing listens there.
        address.MovedTo = new Uri("http://127.0.0.1:1/gone");

        await Assert.ThrowsAsync<PassingFault>(() => hub.OpenAsync(address, 0, 1_000, CancellationToken.None));
        using var answer = await hub.OpenAsync(address, 0, 1_000, CancellationToken.None);

        Assert.Equal(fixture.Hub.ContentEndpoint, address.MovedTo!.GetLeftPart(UriPartial.Authority));
    }

    [Fact]
    public async Task Obtain_NeverFetchesPickles_AndSaysWhenThereIsNothingElse()
    {
        var pickle = FakeFile.Sized("unet/diffusion_pytorch_model.bin", 200_000);
        var mixed = new FakeRepository(Id).WithPipeline()
            .With(pickle, FakeFile.Sized("model.ckpt", 100_000), FakeFile.Sized("a/x.safetensors", 70_000));
        var only = new FakeRepository("org/pickles").With(FakeFile.Of("model_index.json", "{}"u8.ToArray()), pickle);
        await using var fixture = await HubFixture.StartAsync(mixed, only);

        var folder = await fixture.ObtainAsync(Id);
        var fault = await fixture.FaultAsync("org/pickles");

        Assert.Equal(5, Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length);
        Assert.Equal("model_unusable", fault.Code);
        Assert.Contains("only pickle weights", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Hub.Requests, request => request.Path.Contains(pickle.Etag, StringComparison.Ordinal));
    }
}
