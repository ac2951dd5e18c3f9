using Rouse.TestKit.Files;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.ModelFiles;

public sealed class CleanUpTests
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void ByAge_RemovesWhatIsUnusedForLong_ButNotTheMostUsed()
    {
        var files = new[] { File("old", days: 31, uses: 1), File("older", days: 60, uses: 2), File("loved", days: 90, uses: 50), File("new", days: 1, uses: 1) };

        Assert.Equal(["older", "old"], Names(CleanUpPlan.ByAge(files, s_now, TimeSpan.FromDays(30), keepPopular: 1)));
        Assert.Equal(["loved", "older", "old"], Names(CleanUpPlan.ByAge(files, s_now, TimeSpan.FromDays(30), keepPopular: 0)));
        Assert.Empty(CleanUpPlan.ByAge(files, s_now, TimeSpan.FromDays(365), keepPopular: 0));
    }

    [Fact]
    public void ForRoom_TakesTheMostUsedLast_AndNothingInUse()
    {
        var files = new[] { File("loved", days: 9, uses: 50), File("now", days: 0, uses: 1), File("b", days: 2, uses: 3), File("a", days: 5, uses: 4) };

        Assert.Equal(["a", "b", "loved"], Names(CleanUpPlan.ForRoom(files, s_now, keepPopular: 1)));
    }

    [Fact]
    public async Task CleanUp_RemovesAFileUnusedForLong_ButNeitherOneInUseNorOneThatNobodyFetched()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var time = new SteppedTime();
        var settings = fixture.Settings with { KeepPopular = 0 };
        var url = fixture.Host.Add("/x", HostedFile.Safetensors());
        var holder = fixture.Library(settings, time: time);
        await holder.ObtainAsync(new WantedFile(ModelFileKind.Checkpoint, "held", url, null), static (_, _) => { }, CancellationToken.None);
        using (var gone = fixture.Library(settings, time: time))
        {
            await gone.ObtainAsync(new WantedFile(ModelFileKind.Lora, "left", url, null), static (_, _) => { }, CancellationToken.None);
        }

        var own = Path.Combine(fixture.Folder, "loras", "own.safetensors");
        await System.IO.File.WriteAllTextAsync(own, "the operator's");
        time.Pass(TimeSpan.FromDays(31));

        await fixture.Library(settings, time: time).CleanUpAsync(CancellationToken.None);

        Assert.Equal(["own.safetensors"], Directory.GetFiles(Path.Combine(fixture.Folder, "loras")).Select(Path.GetFileName));
        Assert.Equal(["held.safetensors"], Directory.GetFiles(Path.Combine(fixture.Folder, "checkpoints")).Select(Path.GetFileName));
        Assert.Contains("Removed loras/left.safetensors (293.0 KiB): not used for 31 days.", fixture.Log.ToString(), StringComparison.Ordinal);
        holder.Dispose();
        await fixture.Library(settings, time: time).CleanUpAsync(CancellationToken.None);
        Assert.Empty(Directory.GetFiles(Path.Combine(fixture.Folder, "checkpoints")));
    }

    [Fact]
    public async Task CleanUp_LeavesWhatOnlyLooksLikeAnUnfinishedDownload_AndWhatSomebodyPutInAFilesPlace()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var time = new SteppedTime();
        var settings = fixture.Settings with { KeepPopular = 0 };
        var url = fixture.Host.Add("/x", HostedFile.Safetensors());
        using (var library = fixture.Library(settings, time: time))
        {
            foreach (var name in new[] { "my.part.1", "replaced" })
            {
                await library.ObtainAsync(new WantedFile(ModelFileKind.Lora, name, url, null), static (_, _) => { }, CancellationToken.None);
            }
        }

        var beside = Path.Combine(fixture.Folder, ".rouse", "loras");
        var before = Directory.GetFiles(beside, "my.part.1*").Order().ToList();
        Assert.Equal(3, before.Count);
        var replaced = Path.Combine(fixture.Folder, "loras", "replaced.safetensors");
        await System.IO.File.WriteAllTextAsync(replaced, "the operator's");
        time.Pass(TimeSpan.FromDays(4));
        await fixture.Library(settings, time: time).CleanUpAsync(CancellationToken.None);
        Assert.Equal(before, Directory.GetFiles(beside, "my.part.1*").Order());

        time.Pass(TimeSpan.FromDays(31));
        await fixture.Library(settings, time: time).CleanUpAsync(CancellationToken.None);

        Assert.Equal([replaced], Directory.GetFiles(Path.Combine(fixture.Folder, "loras")));
        Assert.Equal("the operator's", await System.IO.File.ReadAllTextAsync(replaced));
    }

    [Fact]
    public async Task Obtain_OverTheCap_MakesRoomWithWhatIsUnused_EvenWhenItsRecordIsDamaged()
    {
        await using var fixture = await LibraryFixture.StartAsync();
        var time = new SteppedTime();
        var settings = fixture.Settings with { MaxTotalBytes = 700_000 };
        var url = fixture.Host.Add("/x", HostedFile.Safetensors());
        foreach (var name in new[] { "one", "two" })
        {
            using var library = fixture.Library(settings, time: time);
            await library.ObtainAsync(new WantedFile(ModelFileKind.Checkpoint, name, url, null), static (_, _) => { }, CancellationToken.None);
        }

        // Still in use: no room can be made.
        Assert.Equal("models_full", (await Assert.ThrowsAsync<ModelFileException>(() => ThirdAsync())).Code);
        time.Pass(TimeSpan.FromHours(2));
        await System.IO.File.WriteAllTextAsync(Path.Combine(fixture.Folder, ".rouse", "checkpoints", "one.safetensors.json"), "{");
        System.IO.File.SetLastWriteTimeUtc(Path.Combine(fixture.Folder, "checkpoints", "one.safetensors"), new DateTime(2029, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        await ThirdAsync();

        Assert.Equal(["three.safetensors", "two.safetensors"], Directory.GetFiles(Path.Combine(fixture.Folder, "checkpoints")).Select(Path.GetFileName).Order());
        Assert.Contains("Removed checkpoints/one.safetensors (293.0 KiB): to make room for three.safetensors.", fixture.Log.ToString(), StringComparison.Ordinal);

        Task ThirdAsync() => fixture.Library(settings, time: time).ObtainAsync(
            new WantedFile(ModelFileKind.Checkpoint, "three", url, null), static (_, _) => { }, CancellationToken.None);
    }

    private static IEnumerable<string> Names(IEnumerable<KeptFile> files) => files.Select(file => file.Place.Name);

    private static KeptFile File(string name, int days, long uses) =>
        new(new FilePlace(ModelFileKind.Checkpoint, name, "/m/" + name, "/r/" + name), 1, s_now - TimeSpan.FromDays(days), uses);
}
