using Rouse.Worker.Outputs;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Outputs;

/// <summary>The folder of last resort does not grow for ever, and keeps what it promised.</summary>
public sealed class OutputFolderTests : IDisposable
{
    private static readonly TimeSpan s_week = TimeSpan.FromDays(7);
    private readonly string _root = Directory.CreateTempSubdirectory("rouse-folder-").FullName;
    private readonly SteppedTime _time = new();
    private int _drawn;

    [Fact]
    public async Task WhatIsOlderThanPromised_GoesWithTheNextThing_AndNothingElse()
    {
        var folder = Folder();
        var (old, young) = (await WriteAsync(folder, 1), await WriteAsync(folder, 2));
        var half = $"{old.Path}.x.partial";
        var strange = Path.Combine(Path.GetDirectoryName(old.Path)!, "notes.txt");
        var beside = Path.Combine(_root, "beside.png");
        foreach (var file in (string[])[half, strange, beside]) await File.WriteAllTextAsync(file, "x");
        foreach (var file in (string[])[old.Path, half, strange, beside]) Age(file, s_week + TimeSpan.FromMinutes(1));
        Age(young.Path, s_week - TimeSpan.FromMinutes(10));

        // Looked for once in an hour.
        await WriteAsync(folder, 3);
        Assert.True(File.Exists(old.Path));
        _time.Pass(TimeSpan.FromHours(1));
        await WriteAsync(folder, 3);

        Assert.Equal((false, false), (File.Exists(old.Path), File.Exists(half)));
        Assert.All((string[])[young.Path, strange, beside], static file => Assert.True(File.Exists(file)));
    }

    [Fact]
    public async Task WhatIsMadeAgain_IsPromisedAnew()
    {
        var first = await WriteAsync(Folder(), 1);
        Age(first.Path, s_week + TimeSpan.FromHours(1));
        var again = await WriteAsync(Folder(), 1);
        await WriteAsync(Folder(), 2);

        Assert.Equal(first.Path, again.Path);
        Assert.True(File.Exists(again.Path));
        Assert.Equal(File.GetLastWriteTimeUtc(again.Path) + s_week, again.ExpiresAt.UtcDateTime);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Of another worker each time.</summary>
    private OutputFolder Folder() => new(_root, s_week, () => $"{++_drawn}", _time);

    private static Task<(string Path, DateTimeOffset ExpiresAt)> WriteAsync(OutputFolder folder, byte what) => folder.WriteAsync(MadeThing.Of("image/png", new byte[] { what }), CancellationToken.None);

    private static void Age(string file, TimeSpan by) => File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime - by);
}
