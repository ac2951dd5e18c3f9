using System.Buffers.Binary;
using System.Text;
using Rouse.Fuzz.Cases;

namespace Rouse.Fuzz.Parsers;

/// <summary>Changes good input a little, because wholly random bytes fail at the first one.</summary>
internal static class Mutator
{
    private static readonly byte[][] s_tokens =
        [.. new[] { "{", "}", "[", "]", "\"", ",", ":", "null", "true", "-1", "0", "1e999", "99999999999999999999", "\\ud800", "\\u0000", "..", "//", "@", "-", ".", " ", "\t", "\n", "%", "=", ";", "é", "😀" }
            .Select(Encoding.UTF8.GetBytes)];

    private static readonly long[] s_numbers = [0, 1, -1, 127, 255, 65_535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <param name="corpus">Good inputs, and bad ones that were interesting once.</param>
    /// <param name="most">Bytes.</param>
    public static byte[] Make(IReadOnlyList<byte[]> corpus, int most, Chance chance)
    {
        List<byte> bytes = [.. chance.Pick(corpus)];
        if (chance.OneIn(40)) return chance.Bytes(chance.Below(200));
        if (chance.OneIn(40)) return Encoding.UTF8.GetBytes(NastyText.Any(chance));
        for (var changes = 1 + chance.Below(4); changes > 0; changes--) Change(bytes, corpus, most, chance);
        return bytes.Count <= most ? [.. bytes] : [.. bytes.Take(most)];
    }

    private static void Change(List<byte> bytes, IReadOnlyList<byte[]> corpus, int most, Chance chance)
    {
        var at = chance.Below(bytes.Count + 1);
        switch (chance.Below(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << chance.Below(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)chance.Next();
                break;
            case 2 when at < bytes.Count:
                bytes.RemoveRange(at, 1 + chance.Below(Math.Min(bytes.Count - at, 16)));
                break;
            case 3:
                var other = chance.Pick(corpus);
                var from = chance.Below(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, chance.Below(other.Length - from + 1)).ToArray());
                break;
            case 4 when at < bytes.Count:
                var part = bytes.GetRange(at, 1 + chance.Below(Math.Min(bytes.Count - at, 12)));
                for (var i = 1 << chance.Below(9); i > 0 && bytes.Count < most; i--) bytes.InsertRange(at, part);
                break;
            case 5 when bytes.Count >= 8:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(number, chance.Pick(s_numbers));
                for (var i = 0; i < 8; i++) bytes[Math.Min(at, bytes.Count - 8) + i] = number[i];
                break;
            case 6:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                bytes.InsertRange(at, chance.Pick(s_tokens));
                break;
        }
    }
}
