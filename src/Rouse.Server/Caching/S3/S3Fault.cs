using System.Net;
using Amazon.Runtime;

namespace Rouse.Server.Caching.S3;

/// <summary>What an object store refused, or that it did not answer, in words that may be shown: they hold no address, no key and no signature.</summary>
/// <param name="passing">Another try may end otherwise.</param>
internal sealed class S3Fault(string message, bool passing) : Exception(message)
{
    public bool IsPassing { get; } = passing;

    public static bool IsOf(Exception error) => error is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException;

    public static S3Fault From(Exception error) => error is AmazonServiceException { StatusCode: >= HttpStatusCode.Continue and var status } answered
        ? new S3Fault(
            Words(status, answered.ErrorCode),
            // An upload that another server, or the bucket's own rule, has ended may be begun anew.
            answered.ErrorCode == "NoSuchUpload" || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
        : new S3Fault("the object store does not answer", passing: true);

    private static string Words(HttpStatusCode status, string? code) => (status, code) switch
    {
        (_, "NoSuchBucket") => "the object store has no such bucket",
        (_, "SignatureDoesNotMatch" or "InvalidAccessKeyId") => "the object store does not take these keys",
        (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, _) => "the object store refuses access with these keys",
        // Anybody may stand at a caller's address, so their words are not repeated: only what looks like a code of S3's.
        _ => $"the object store answers HTTP {(int)status}" + (IsCode(code) ? $" ({code})" : ""),
    };

    private static bool IsCode(string? code) => code is { Length: > 0 and <= 64 } && code.All(char.IsAsciiLetter);
}
