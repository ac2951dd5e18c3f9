namespace Rouse.Core;

/// <summary>Sixteen random bytes, spelled for people: 26 characters of lower-case base 32 without vowels' look-alikes (Crockford's alphabet).</summary>
public static class Ids
{
    public const int RandomBytes = 16;
    public const int TextLength = 26;
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <param name="random">Sixteen bytes from a cryptographic source.</param>
    public static string Encode(ReadOnlySpan<byte> random)
    {
        if (random.Length != RandomBytes) throw new ArgumentException($"{RandomBytes} bytes are needed.", nameof(random));
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(random);
        Span<char> text = stackalloc char[TextLength];
        for (var i = TextLength - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(uint)(bits & 31)];
            bits >>= 5;
        }

        return new string(text);
    }

    public static bool IsEncoded(ReadOnlySpan<char> text) => text.Length == TextLength && !text.ContainsAnyExcept(Alphabet);
}
