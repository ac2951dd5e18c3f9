using System.Text;
using System.Text.Json.Nodes;
using Rouse.Onnx.Text;

namespace Rouse.Onnx.Samples.TinyDiffusion;

/// <summary>
/// A byte-level BPE vocabulary trained on <see cref="TinyWords"/> until each of its words is one token: training applies every merge as
/// encoding does, so what training joined, encoding joins. Any other text still encodes, as pieces or single bytes.
/// </summary>
internal sealed class TinyVocabulary
{
    public const string Start = "<|startoftext|>";
    public const string End = "<|endoftext|>";
    public const string EndOfWord = "</w>";

    private TinyVocabulary(IReadOnlyList<(string Left, string Right)> merges)
    {
        Merges = merges;
        var bytes = ByteAlphabet.InVocabularyOrder().Select(b => ByteAlphabet.Of(b).ToString()).ToArray();
        Tokens = [.. bytes, .. bytes.Select(b => b + EndOfWord), .. merges.Select(m => m.Left + m.Right), Start, End];
    }

    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>A token's place is its id.</summary>
    public IReadOnlyList<string> Tokens { get; }

    public static TinyVocabulary Train()
    {
        var words = TinyWords.All.Select(w => Split(w.Text)).ToList();
        var merges = new List<(string, string)>();
        while (MostFrequentPair(words) is { } pair)
        {
            merges.Add(pair);
            foreach (var word in words) Merge(word, pair);
        }

        return new TinyVocabulary(merges);
    }

    public JsonObject ToJson()
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < Tokens.Count; id++) vocabulary[Tokens[id]] = id;
        return vocabulary;
    }

    public string ToMerges()
    {
        var text = new StringBuilder("#version: 0.2\n");
        foreach (var (left, right) in Merges) text.Append(left).Append(' ').Append(right).Append('\n');
        return text.ToString();
    }

    private static List<string> Split(string word)
    {
        var pieces = Encoding.UTF8.GetBytes(word).Select(b => ByteAlphabet.Of(b).ToString()).ToList();
        pieces[^1] += EndOfWord;
        return pieces;
    }

    private static (string Left, string Right)? MostFrequentPair(List<List<string>> words) => words
        .SelectMany(w => w.Zip(w.Skip(1)))
        .GroupBy(pair => pair)
        .OrderByDescending(g => g.Count()).ThenBy(g => g.Key.First, StringComparer.Ordinal).ThenBy(g => g.Key.Second, StringComparer.Ordinal)
        .Select(g => ((string, string)?)g.Key)
        .FirstOrDefault();

    private static void Merge(List<string> word, (string Left, string Right) pair)
    {
        for (var i = 0; i + 1 < word.Count; i++)
        {
            if (word[i] != pair.Left || word[i + 1] != pair.Right) continue;
            word[i] += word[i + 1];
            word.RemoveAt(i + 1);
        }
    }
}
