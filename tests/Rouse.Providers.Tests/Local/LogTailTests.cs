using Rouse.Providers.Local;

namespace Rouse.Providers.Tests.Local;

public sealed class LogTailTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly List<string> _lines = [];

    [Fact]
    public void Read_TellsWholeLines_AndTheRestAtTheEnd()
    {
        var tail = Tail();
        File.AppendAllText(_path, "one\ntwo\r\nthr");
        tail.Read();
        Assert.Equal(["one", "two"], _lines);
        File.AppendAllText(_path, "ee\nfour");
        tail.Read();
        tail.Read(final: true);
        Assert.Equal(["one", "two", "three", "four"], _lines);
    }

    [Fact]
    public void Read_ByAnotherServer_GoesOnWhereTheLastOneWas()
    {
        File.AppendAllText(_path, "one\ntwo\nhal");
        Tail().Read();
        File.AppendAllText(_path, "f\nthree\n");
        Tail().Read();
        Assert.Equal(["one", "two", "half", "three"], _lines);
    }

    [Fact]
    public void Read_EmptiesTheFileAtItsCap_AndMissesNothing()
    {
        var tail = Tail(cap: 1000);
        for (var i = 0; i < 200; i++)
        {
            File.AppendAllText(_path, $"line {i}\n");
            tail.Read();
            Assert.True(new FileInfo(_path).Length <= 1000 + 20);
        }

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"line {i}"), _lines);
    }

    [Fact]
    public void Read_WhenFlooded_SkipsAndSaysSo()
    {
        File.WriteAllText(_path, string.Concat(Enumerable.Repeat(new string('x', 99) + "\n", 50_000)));
        Tail(cap: 1_000_000).Read();
        Assert.Contains("bytes of output left out", _lines[0], StringComparison.Ordinal);
        Assert.True(_lines.Count < 5_000);
        Assert.Equal(0, new FileInfo(_path).Length);
    }

    [Fact]
    public void Read_CutsALongLineIntoPieces_AndSurvivesWhatIsNotText()
    {
        File.WriteAllBytes(_path, [.. Enumerable.Repeat((byte)'x', 20_000), (byte)'\n', 0xff, 0xfe, 0x00, (byte)'\n']);
        var tail = Tail();
        tail.Read(final: true);
        Assert.Equal(20_000, _lines.Take(3).Sum(line => line.Length));
        Assert.Equal(4, _lines.Count);
        Assert.All(tail.LastLines, line => Assert.True(line.Length <= 301));
    }

    [Fact]
    public void Read_WhenTheFileIsGone_TellsNothing()
    {
        File.Delete(_path);
        Tail().Read(final: true);
        Assert.Empty(_lines);
    }

    public void Dispose() => Tail().Remove();

    private LogTail Tail(int cap = 1 << 20) => new(_path, cap, _lines.Add);
}
