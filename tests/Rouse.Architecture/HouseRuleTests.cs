using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace Rouse.Architecture;

public sealed class HouseRuleTests(ITestOutputHelper output)
{
    private const int MedianLines = 60;
    private const int NineInTenLines = 180;
    private const int MostLines = 400;

    // Hosts of package sources, and folders of one machine. A newcomer has neither.
    private static readonly Regex s_here = new(
        @"(?<![\w./~-])/(work|root|mnt|srv|Users|home/(?!rouse\b)\w+)/\w|https?://[^/\s""'<]*(nuget|npmjs|registry|pypi|artifactory|nexus|mirror)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(10));

    private static readonly string[] s_text =
        [".cs", ".md", ".csproj", ".props", ".targets", ".json", ".yml", ".yaml", ".slnx", ".sh", ".txt", ".proto"];

    [Fact]
    public void Files_AreSmall()
    {
        var sizes = Repository.Sources.Select(file => (File: file, Lines: Repository.Read(file).AsSpan().Count('\n')))
            .OrderBy(size => size.Lines)
            .ToList();
        var (median, ninety, largest) = (sizes[sizes.Count / 2].Lines, sizes[(int)(sizes.Count * 0.9)].Lines, sizes[^1]);
        var lines = sizes.Sum(size => size.Lines);
        output.WriteLine($"{sizes.Count} files, {lines} lines: median {median}, nine in ten up to {ninety}, largest {largest}");
        output.WriteLine("Largest: " + string.Join(", ", sizes.TakeLast(8)));
        Assert.True(median <= MedianLines, $"The median file has {median} lines.");
        Assert.True(ninety <= NineInTenLines, $"One file in ten has {ninety} lines or more.");
        Assert.True(largest.Lines <= MostLines, $"{largest.File} has {largest.Lines} lines.");
    }

    [Fact]
    public void Sources_HaveNoRegionsAndNoUtils()
    {
        AssertNone((_, line) => line.TrimStart().StartsWith("#region", StringComparison.Ordinal), Repository.Sources);
        Assert.DoesNotContain(Repository.Sources, file => Path.GetFileName(file).Contains("Util", StringComparison.Ordinal));
    }

    [Fact]
    public void NoFile_NamesThisMachineOrAPackageSource() => AssertNone(
        (file, line) => file != "tests/Rouse.Architecture/HouseRuleTests.cs" && s_here.IsMatch(line),
        Repository.Files.Where(file => s_text.Contains(Path.GetExtension(file), StringComparer.Ordinal)));

    [Theory]
    [InlineData("see /wo" + "rk/notes")]
    [InlineData("in /home/me/rouse")]
    [InlineData("from https://api.nu" + "get.org/v3")]
    [InlineData("at http://mirror.example/npm")]
    public void ThePattern_FindsWhatItIsFor(string line) => Assert.Matches(s_here, line);

    private static void AssertNone(Func<string, string, bool> breaks, IEnumerable<string> files)
    {
        var broken = files.SelectMany(file => Repository.Read(file).Split('\n')
            .Select((line, index) => (Place: $"{file}:{index + 1}: {line.Trim()}", IsBroken: breaks(file, line.TrimEnd('\r'))))
            .Where(line => line.IsBroken)
            .Select(line => line.Place));
        Assert.Empty(broken);
    }
}
