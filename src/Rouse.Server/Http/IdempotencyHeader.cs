using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rouse.Store.Idempotency;

namespace Rouse.Server.Http;

/// <summary>
/// The <c>Idempotency-Key</c> header: 1 to 255 visible ASCII characters, quoted or not (the IETF draft makes it a structured-field string, most
/// clients send it bare). The same key with the same body within 24 h gets the first answer again.
/// </summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    /// <summary>Response header that tells a repeated answer from a first one.</summary>
    public const string Replayed = "Idempotent-Replayed";

    /// <summary>As Stripe's, which clients are written against.</summary>
    public const int MaxLength = 255;

    /// <summary>For the document.</summary>
    public const string Words = "Repeating the request with this key within 24 h gets the first answer again.";

    public static Func<Microsoft.OpenApi.OpenApiSchema> Rule { get; } = ParameterRules.Text(1, MaxLength, "^[!-~]+$");

    /// <returns>False with a problem when the header is there and unusable; a null key when it is absent.</returns>
    public static bool TryRead(HttpRequest request, string scope, ReadOnlyMemory<byte> body, out IdempotencyKey? key, out IResult? problem)
    {
        (key, problem) = (null, null);
        var values = request.Headers[Name];
        if (values.Count == 0) return true;
        var text = values.Count == 1 ? values[0]!.Trim() : "";
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"') text = text[1..^1];
        if (text.Length is > 0 and <= MaxLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            key = new IdempotencyKey(scope, text, SHA256.HashData(body.Span));
            return true;
        }

        problem = Problems.Result(ErrorCode.InvalidParameter, $"{Name} must be sent once, with 1 to {MaxLength} visible ASCII characters.");
        return false;
    }

    /// <summary>What a key that is already known is answered with; null when it is not known.</summary>
    public static IResult? Answer(IdempotencyOutcome outcome) => outcome switch
    {
        IdempotencyOutcome.Replay replay => new ReplayedReply(replay.Status, replay.Body),
        IdempotencyOutcome.InProgress => Problems.Result(ErrorCode.IdempotencyInProgress, "Wait for its answer, or ask again in a second."),
        IdempotencyOutcome.Conflict => OtherBody(),
        _ => null,
    };

    public static IResult OtherBody() =>
        Problems.Result(ErrorCode.IdempotencyMismatch, "Use a new key for a new request; the body differs from the first one's.");

    private sealed class ReplayedReply(int status, string body) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json; charset=utf-8";
            context.Response.Headers[Replayed] = "true";
            return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(body)).AsTask();
        }
    }
}
