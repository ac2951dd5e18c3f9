using System.Buffers.Text;
using System.Security.Cryptography;
using Rouse.Core;

namespace Rouse.Server.Auth;

/// <summary>A key of this server's making: <c>rouse_&lt;id&gt;_&lt;secret&gt;</c>. The id finds its row, the secret's digest proves it.</summary>
internal static class RouseKey
{
    public const string Prefix = "rouse_";

    private const string IdPrefix = "key_";
    private const int SecretBytes = 32;

    /// <returns>The id of the row, and the whole key, which is shown once.</returns>
    public static (string Id, string Text) Create()
    {
        var id = Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));
        return (IdPrefix + id, $"{Prefix}{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    public static bool IsOne(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The id of the row of a key; false when the text has not the form of one.</summary>
    public static bool TryReadId(string text, out string id)
    {
        id = "";
        var end = Prefix.Length + Ids.TextLength;
        if (!IsOne(text) || text.Length <= end || text[end] != '_' || !Ids.IsEncoded(text.AsSpan(Prefix.Length, Ids.TextLength))) return false;
        id = IdPrefix + text.Substring(Prefix.Length, Ids.TextLength);
        return true;
    }
}
