using Rouse.Worker.Weights;

namespace Rouse.Worker.Tests.Weights;

public sealed class RangeTests
{
    [Fact]
    public void Set_JoinsWhatTouches_AndKnowsItsPrefixAndGaps()
    {
        var set = new RangeSet();
        set.Add(new ByteRange(20, 30));
        set.Add(new ByteRange(0, 5));
        set.Add(new ByteRange(40, 50));
        Assert.Equal(5, set.Prefix);
        Assert.Equal([new(5, 20), new(30, 40), new(50, 60)], set.Gaps(60));

        set.Add(new ByteRange(5, 22));
        set.Add(new ByteRange(28, 41));

        Assert.Equal(50, set.Prefix);
        Assert.Equal(50, set.Total);
        Assert.Equal([new(50, 60)], set.Gaps(60));
        Assert.Empty(set.Gaps(50));
    }

    [Fact]
    public void Plan_HandsOutEveryGapOnce_InOrder_InPiecesThatGrowAndShrink()
    {
        var options = new DownloadOptions { Connections = 4, MinPiece = 10, MaxPiece = 100 };
        IReadOnlyList<ByteRange> gaps = [new(0, 700), new(800, 1_003)];
        var plan = new RangePlan(gaps, options);
        Assert.Equal(4, plan.Width);

        var set = new RangeSet();
        List<ByteRange> pieces = [];
        while (plan.TryTake(out var piece))
        {
            pieces.Add(piece);
            set.Add(piece);
        }

        Assert.Equal([new ByteRange(700, 800)], set.Gaps(1_003));
        Assert.Equal(pieces, pieces.OrderBy(piece => piece.Start));
        Assert.Equal(903, pieces.Sum(piece => piece.Length));
        Assert.All(pieces, piece => Assert.InRange(piece.Length, 10, 119));
        var biggest = pieces.Max(piece => piece.Length);
        Assert.Equal(10, pieces[0].Length);
        Assert.True(biggest > 2 * pieces[0].Length && biggest > 2 * pieces[^1].Length, $"{biggest}");
    }

    [Fact]
    public void Plan_OfNothing_NeedsNoConnection()
    {
        var plan = new RangePlan([], new DownloadOptions());

        Assert.Equal(0, plan.Width);
        Assert.False(plan.TryTake(out _));
    }
}
