using System.Text;

namespace Rouse.Worker.Engines.OnnxDiffusion.Text;

/// <summary>
/// Cuts a prompt where CLIP's tokenizer does: English contractions, runs of letters, single digits, runs of anything else that is not a space.
/// Works on whole code points, so letters beyond the basic plane count as letters.
/// </summary>
internal static class ClipWords
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    /// <param name="text">Already in lower case.</param>
    /// <param name="whole">Texts that are one word wherever they stand: the special tokens.</param>
    public static IEnumerable<string> Split(string text, IReadOnlyCollection<string> whole)
    {
        for (var start = 0; start < text.Length;)
        {
            var length = LengthAt(text, start, whole);
            if (!Rune.IsWhiteSpace(RuneAt(text, start))) yield return text.Substring(start, length);
            start += length;
        }
    }

    private static int LengthAt(string text, int start, IReadOnlyCollection<string> whole)
    {
        foreach (var word in whole.Concat(Contractions))
        {
            if (string.CompareOrdinal(text, start, word, 0, word.Length) == 0) return word.Length;
        }

        var kind = KindOf(RuneAt(text, start));
        var end = start + RuneAt(text, start).Utf16SequenceLength;
        if (kind is Kind.Number) return end - start;
        while (end < text.Length && KindOf(RuneAt(text, end)) == kind) end += RuneAt(text, end).Utf16SequenceLength;
        return end - start;
    }

    /// <summary>A lone surrogate reads as U+FFFD, which is as long: one char.</summary>
    private static Rune RuneAt(string text, int index) => Rune.TryGetRuneAt(text, index, out var rune) ? rune : Rune.ReplacementChar;

    private static Kind KindOf(Rune rune) => Rune.IsWhiteSpace(rune) ? Kind.Space
        : Rune.IsLetter(rune) ? Kind.Letter
        : Rune.IsNumber(rune) ? Kind.Number
        : Kind.Symbol;

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Symbol,
    }
}
