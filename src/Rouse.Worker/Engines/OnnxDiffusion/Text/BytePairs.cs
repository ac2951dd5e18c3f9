using System.Text;
using Rouse.Onnx.Text;

namespace Rouse.Worker.Engines.OnnxDiffusion.Text;

/// <summary>Byte-pair encoding of one word: its bytes, the last marked as the end, joined by the merges in the order they were learned.</summary>
internal sealed class BytePairs(IReadOnlyDictionary<(string Left, string Right), int> ranks)
{
    private const string EndOfWord = "</w>";

    /// <summary>Reads a merges file: a comment line, then one pair a line.</summary>
    /// <exception cref="FormatException">A line is not a pair.</exception>
    public static BytePairs Parse(IEnumerable<string> lines)
    {
        var ranks = new Dictionary<(string, string), int>();
        foreach (var line in lines)
        {
            if (line.Length == 0 || line.StartsWith("#version", StringComparison.Ordinal)) continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == line.Length - 1) throw new FormatException($"'{line}' is not a pair.");
            ranks.TryAdd((line[..space], line[(space + 1)..].TrimEnd()), ranks.Count);
        }

        return new BytePairs(ranks);
    }

    public IReadOnlyList<string> Encode(string word)
    {
        var pieces = Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.Of(b).ToString()).ToList();
        pieces[^1] += EndOfWord;
        while (EarliestPair(pieces) is { } pair) Merge(pieces, pair);
        return pieces;
    }

    private (string Left, string Right)? EarliestPair(List<string> pieces)
    {
        (string, string)? best = null;
        var bestRank = int.MaxValue;
        for (var i = 0; i + 1 < pieces.Count; i++)
        {
            if (!ranks.TryGetValue((pieces[i], pieces[i + 1]), out var rank) || rank >= bestRank) continue;
            (best, bestRank) = ((pieces[i], pieces[i + 1]), rank);
        }

        return best;
    }

    private static void Merge(List<string> pieces, (string Left, string Right) pair)
    {
        var kept = 0;
        for (var i = 0; i < pieces.Count; i++)
        {
            var joins = i + 1 < pieces.Count && pieces[i] == pair.Left && pieces[i + 1] == pair.Right;
            pieces[kept++] = joins ? pieces[i] + pieces[++i] : pieces[i];
        }

        pieces.RemoveRange(kept, pieces.Count - kept);
    }
}
