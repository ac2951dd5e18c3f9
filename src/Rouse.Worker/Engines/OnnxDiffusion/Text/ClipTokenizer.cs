namespace Rouse.Worker.Engines.OnnxDiffusion.Text;

/// <summary>
/// Prompts to token ids, as CLIP's tokenizer: start, the words' pieces, end, then padding up to the model's length. Accents must come composed
/// (NFC), as keyboards write them: composing them here would need ICU, which a worker does without.
/// </summary>
internal sealed class ClipTokenizer(IReadOnlyDictionary<string, int> vocabulary, BytePairs pairs, ClipTokenizerSettings settings)
{
    private readonly int _start = vocabulary[settings.Start];
    private readonly int _end = vocabulary[settings.End];
    private readonly int _padding = vocabulary[settings.Padding];
    private readonly int _unknown = vocabulary[settings.Unknown];
    private readonly string[] _whole = [settings.Start, settings.End];

    /// <summary>Tokens in every encoding.</summary>
    public int Length => settings.Length;

    /// <summary>Exactly <see cref="Length"/> ids; words that do not fit are cut off, as the model was trained.</summary>
    /// <param name="prompt">Any text.</param>
    /// <param name="used">How many ids come before the padding.</param>
    public long[] Encode(string prompt, out int used)
    {
        var text = settings.LowerCase ? prompt.ToLowerInvariant() : prompt;
        var pieces = ClipWords.Split(text, _whole).SelectMany(IdsOf).Take(Length - 2);
        long[] ids = [_start, .. pieces, _end];
        used = ids.Length;
        return [.. ids, .. Enumerable.Repeat((long)_padding, Length - used)];
    }

    private IEnumerable<long> IdsOf(string word) => _whole.Contains(word, StringComparer.Ordinal)
        ? [vocabulary[word]]
        : pairs.Encode(word).Select(piece => (long)vocabulary.GetValueOrDefault(piece, _unknown));
}
