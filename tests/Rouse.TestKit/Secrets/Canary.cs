using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Rouse.TestKit.Secrets;

/// <summary>A secret that occurs nowhere else, and the forms in which it could get out.</summary>
public sealed class Canary
{
    /// <summary>So much of a secret is a leak already: a cut text, a "masked" one that shows its beginning.</summary>
    private const int PartLength = 14;

    private Canary(string kind, string value, string random, bool isBase64 = false)
    {
        (Kind, Value) = (kind, value);
        Forms = [.. Write(value, random, isBase64).DistinctBy(form => Convert.ToHexString(form.Bytes), StringComparer.Ordinal)];
    }

    public string Kind { get; }

    public string Value { get; }

    public IReadOnlyList<(string Name, byte[] Bytes)> Forms { get; }

    /// <param name="prefix">What secrets of this kind begin with.</param>
    /// <param name="alphabet">What they are made of besides letters and digits: shows whether escaped forms get out.</param>
    public static Canary New(string kind, string prefix = "", string alphabet = "")
    {
        var random = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + alphabet, 36);
        return new Canary(kind, prefix + random, random);
    }

    /// <summary>A secret that is there already.</summary>
    public static Canary Of(string kind, string value, bool isBase64 = false) => new(kind, value, value, isBase64);

    /// <summary>32 random bytes, told as base64.</summary>
    public static Canary NewKey(string kind)
    {
        var value = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        return new Canary(kind, value, value, isBase64: true);
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Write(string value, string random, bool isBase64)
    {
        var utf8 = Encoding.UTF8.GetBytes(value);
        yield return ("beginning", Encoding.UTF8.GetBytes(random[..PartLength]));
        yield return ("end", Encoding.UTF8.GetBytes(random[^PartLength..]));
        yield return ("UTF-16", Encoding.Unicode.GetBytes(random[..PartLength]));
        yield return ("hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(utf8)));
        yield return ("HEX", Encoding.ASCII.GetBytes(Convert.ToHexString(utf8)));
        yield return ("URL", Encoding.ASCII.GetBytes(Uri.EscapeDataString(value)));
        yield return ("JSON", Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value).Trim('"')));
        // At each of the three places where it could begin inside a longer text; without the characters that depend on what stands beside it.
        for (var shift = 0; shift < 3; shift++)
        {
            var shifted = Convert.ToBase64String([.. new byte[shift], .. utf8]);
            var inner = shifted[(shift == 0 ? 0 : 4)..^4];
            yield return ("base64", Encoding.ASCII.GetBytes(inner));
            yield return ("base64url", Encoding.ASCII.GetBytes(inner.Replace('+', '-').Replace('/', '_')));
        }

        if (!isBase64) yield break;
        var raw = Convert.FromBase64String(value);
        yield return ("bytes", raw);
        yield return ("bytes in hex", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(raw)));
        yield return ("bytes in HEX", Encoding.ASCII.GetBytes(Convert.ToHexString(raw)));
    }
}
