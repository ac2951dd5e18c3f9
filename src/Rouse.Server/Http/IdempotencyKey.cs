using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Rouse.Server.Http;

/// <summary>
/// The <c>Idempotency-Key</c> header: 1 to 255 visible ASCII characters, quoted or not (the IETF draft makes it a structured-field string, most
/// clients send it bare). The same key with the same body within 24 h gets the first answer again.
/// </summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    /// <summary>As Stripe's, which clients are written against.</summary>
    public const int MaxLength = 255;

    /// <returns>False with a problem when the header is there and unusable.</returns>
    public static bool TryRead(HttpRequest request, out string? key, out IResult? problem)
    {
        (key, problem) = (null, null);
        var values = request.Headers[Header];
        if (values.Count == 0) return true;
        var text = values.Count == 1 ? values[0]!.Trim() : "";
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"') text = text[1..^1];
        if (text.Length is > 0 and <= MaxLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            key = text;
            return true;
        }

        problem = Problems.Result(ErrorCode.InvalidParameter, $"{Header} must be sent once, with 1 to {MaxLength} visible ASCII characters.");
        return false;
    }

    public static byte[] Fingerprint(ReadOnlyMemory<byte> body) => SHA256.HashData(body.Span);
}
