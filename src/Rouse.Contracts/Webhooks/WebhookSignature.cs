using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rouse.Contracts.Webhooks;

/// <summary>
/// Signatures by the Standard Webhooks specification 1.0.0 (standardwebhooks.com), symmetric scheme <c>v1</c>: HMAC-SHA256 over
/// <c>{id}.{timestamp}.{body}</c>. Used for the webhooks Rouse sends and for what workers report.
/// </summary>
public static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>How far a message's time may lie from the receiver's, either way. Older ones are replays.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(300);

    private const string Scheme = "v1,";

    /// <param name="id">Constant over all tries of one message; without a dot.</param>
    /// <param name="timestamp">Unix seconds of this try.</param>
    /// <returns>One entry of the signature header; several, for a key that is being rotated, are joined by blanks.</returns>
    public static string Sign(WebhookSecret secret, string id, long timestamp, ReadOnlySpan<byte> body) =>
        Scheme + Convert.ToBase64String(Compute(secret, id, timestamp, body));

    /// <summary>Whether one entry of <paramref name="header"/> is by this secret and the time is within <see cref="Tolerance"/>. Constant time per entry.</summary>
    public static bool Verify(WebhookSecret secret, string? id, string? timestamp, string? header, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(id) || header is null || id.Contains('.', StringComparison.Ordinal)) return false;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        if (Math.Abs((decimal)seconds - now.ToUnixTimeSeconds()) > (decimal)Tolerance.TotalSeconds) return false;
        var expected = Compute(secret, id, seconds, body);
        var isOurs = false;
        Span<byte> presented = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var entry in header.AsSpan().Split(' '))
        {
            var text = header.AsSpan()[entry];
            if (!text.StartsWith(Scheme, StringComparison.Ordinal)) continue;
            if (Convert.TryFromBase64Chars(text[Scheme.Length..], presented, out var written) && written == presented.Length)
            {
                isOurs |= CryptographicOperations.FixedTimeEquals(presented, expected);
            }
        }

        return isOurs;
    }

    private static byte[] Compute(WebhookSecret secret, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Bytes);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
