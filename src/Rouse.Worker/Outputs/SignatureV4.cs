using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rouse.Worker.Outputs;

/// <summary>
/// Addresses that allow one method on one object for a while: AWS Signature Version 4 in the query, with the body unsigned. It is all that a worker needs of S3: Amazon's library
/// would be larger than the rest of the worker, and is loaded by reflection (docs/adr/0034).
/// </summary>
internal sealed class SignatureV4(string region, string keyId, string secret)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Service = "s3";

    /// <param name="method">In capitals.</param>
    /// <param name="url">Without a query.</param>
    /// <param name="life">Seven days at most.</param>
    public Uri Presign(string method, Uri url, TimeSpan life, DateTimeOffset now)
    {
        var at = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var day = at[..8];
        var scope = $"{day}/{region}/{Service}/aws4_request";
        // In the order of their names, as the signature wants them.
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"X-Amz-Algorithm={Algorithm}&X-Amz-Credential={Uri.EscapeDataString($"{keyId}/{scope}")}&X-Amz-Date={at}&X-Amz-Expires={(long)life.TotalSeconds}&X-Amz-SignedHeaders=host");
        var request = $"{method}\n{url.AbsolutePath}\n{query}\nhost:{url.Authority}\n\nhost\nUNSIGNED-PAYLOAD";
        var text = $"{Algorithm}\n{at}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var key = Sign(Sign(Sign(Sign(Encoding.UTF8.GetBytes("AWS4" + secret), day), region), Service), "aws4_request");
        return new Uri($"{url.GetLeftPart(UriPartial.Path)}?{query}&X-Amz-Signature={Convert.ToHexStringLower(Sign(key, text))}");
    }

    private static byte[] Sign(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
