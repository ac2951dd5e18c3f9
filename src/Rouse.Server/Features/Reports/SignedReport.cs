using Microsoft.AspNetCore.Http;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Deployments;
using Rouse.Server.Auth;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Reports;

/// <summary>The raw body of a report and the id it was signed with, once the signature is known to be that of the attempt.</summary>
internal readonly record struct SignedReport(string MessageId, byte[] Body, IResult? Refusal)
{
    /// <summary>Characters of a <c>webhook-id</c>: ours have 40, an id in the inbox must have an end.</summary>
    public const int MaxIdLength = 128;

    /// <summary>100 lines of 4,096 characters, each six bytes long in JSON at worst, with room for the rest.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    public static async ValueTask<SignedReport> OpenAsync(
        HttpContext context, string deployment, int attempt, CallbackSecrets secrets, TimeProvider time)
    {
        var headers = context.Request.Headers;
        var id = headers[WebhookSignature.IdHeader].ToString();
        // Looked at before the body is read: who has nothing to show gets no memory.
        if (!DeploymentId.TryParse(deployment, out var parsed) || !IsId(id) || headers[WebhookSignature.SignatureHeader].Count != 1) return Refuse(NotSigned());
        if (!JsonBody.IsUtf8Json(context.Request.ContentType))
        {
            return Refuse(Problems.Result(ErrorCode.UnsupportedMediaType, "Set Content-Type: application/json (charset utf-8 or none)."));
        }

        if (await JsonBody.ReadBytesAsync(context, MaxBytes) is not { } body)
        {
            return Refuse(Problems.Result(ErrorCode.TooLarge, $"The body may have at most {MaxBytes} bytes."));
        }

        var isSigned = WebhookSignature.Verify(
            secrets.For(parsed, attempt), id, headers[WebhookSignature.TimestampHeader], headers[WebhookSignature.SignatureHeader], body, time.GetUtcNow());
        return isSigned ? new SignedReport(id, body, Refusal: null) : Refuse(NotSigned());
    }

    private static bool IsId(string id) => id.Length is > 0 and <= MaxIdLength && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    private static IResult NotSigned() => Problems.Result(
        ErrorCode.Unauthorized, $"This is not signed with the secret of this attempt, or its time is more than {WebhookSignature.Tolerance.TotalSeconds:0} s off.");

    private static SignedReport Refuse(IResult refusal) => new("", [], refusal);
}
