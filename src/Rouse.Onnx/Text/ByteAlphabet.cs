namespace Rouse.Onnx.Text;

/// <summary>
/// The alphabet of byte-level vocabularies (GPT-2, CLIP): one printable character for each byte. Bytes that print in Latin-1 stand for
/// themselves; the others take the characters from U+0100 on, in order.
/// </summary>
public static class ByteAlphabet
{
    private static readonly char[] Characters = Build();

    public static char Of(byte value) => Characters[value];

    /// <summary>The bytes in the order in which such vocabularies number them: those that stand for themselves first.</summary>
    public static IEnumerable<byte> InVocabularyOrder() =>
        Enumerable.Range(0, 256).OrderBy(b => Characters[b] > 0xFF).ThenBy(b => b).Select(b => (byte)b);

    private static char[] Build()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var b = 0; b < characters.Length; b++)
        {
            var prints = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[b] = (char)(prints ? b : next++);
        }

        return characters;
    }
}
