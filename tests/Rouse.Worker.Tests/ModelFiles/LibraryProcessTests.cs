using Rouse.TestKit.Files;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.ModelFiles;

/// <summary>What only real processes can show: the journal outlives a kill, the lock and the lease hold between processes.</summary>
public sealed class LibraryProcessTests
{
    private const int Size = 12 << 20;

    [Fact]
    public async Task Fetch_KilledHalfWay_IsTakenUpByTheNextWhereItEnded()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors(Size);
        var release = new TaskCompletionSource();
        hosted.Hold = release.Task;
        var url = fixture.Host.Add("/x", hosted);

        using (var first = Fetch(fixture, url, hosted.Sha256))
        {
            // Three pieces of at least 4 MiB, each held at its half: cut there, all halves are written down.
            await Deadline.UntilAsync(() => fixture.Host.BytesSent >= hosted.Content.Length / 2);
            await first.KillAsync();
        }

        fixture.AssertNothingServed();
        // The answers to the dead one stay held: what goes on to be sent there would be counted too.
        hosted.Hold = null;
        var sent = fixture.Host.BytesSent;
        using var second = Fetch(fixture, url, hosted.Sha256);
        Assert.Equal(0, await second.EndAsync());

        var path = Path.Combine(fixture.Folder, "checkpoints", "a.safetensors");
        Assert.Contains(path, second.Output, StringComparison.Ordinal);
        Assert.Equal(hosted.Content, await File.ReadAllBytesAsync(path));
        Assert.InRange(fixture.Host.BytesSent - sent, 1, hosted.Content.Length + 512);
        release.SetResult();
    }

    [Fact]
    public async Task Fetch_ByTwoProcessesAtOnce_TransfersTheFileOnce()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var hosted = HostedFile.Safetensors(1 << 20);
        var release = new TaskCompletionSource();
        hosted.Hold = release.Task;
        var url = fixture.Host.Add("/x", hosted);

        using var one = Fetch(fixture, url, hosted.Sha256);
        using var two = Fetch(fixture, url, hosted.Sha256);
        await Deadline.UntilAsync(() => (one.Output + two.Output).Contains("Waiting for another worker", StringComparison.Ordinal));
        release.SetResult();

        Assert.Equal(0, await one.EndAsync());
        Assert.Equal(0, await two.EndAsync());
        Assert.Equal(hosted.Content.Length + 512, fixture.Host.BytesSent);
    }

    private static WorkerProcess Fetch(LibraryFixture fixture, string url, string sha256) => new(
        new Dictionary<string, string>(StringComparer.Ordinal) { ["ROUSE_MODELS_FOLDER"] = fixture.Folder, ["ROUSE_MODELS_ALLOW_HOSTS"] = "127.0.0.1" },
        "fetch",
        "checkpoint",
        url,
        "--name",
        "a",
        "--sha256",
        sha256);
}
