using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts;
using Rouse.Contracts.Tenants;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Secrets;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;

namespace Rouse.Server.Features.Tenants;

/// <summary>
/// What <c>POST /v1/keys</c> answered, for whoever did not hear it: sealed, because the database holds no key in clear, and for the caller who asked alone, because another of
/// the tenant's could call in its name with it.
/// </summary>
internal sealed class RepeatedKeys(IdempotencyStore replies, SecretCipher cipher)
{
    private const string Operation = "POST /v1/keys";
    private const string Kind = "created_key";

    /// <returns>False with a problem when the header is there and unusable; a null key when it is absent.</returns>
    public bool TryRead(HttpContext context, Caller caller, ReadOnlyMemory<byte> body, out IdempotencyKey? key, out IResult? problem) =>
        IdempotencyHeader.TryRead(context.Request, $"{Operation} by {caller.KeyId ?? caller.Credential.ToString()}", body, out key, out problem);

    public async ValueTask<IResult?> FindAsync(TenantId tenant, IdempotencyKey key, CancellationToken ct) => Answer(tenant, await replies.FindAsync(tenant, key, ct));

    public RecordedReply Record(TenantId tenant, IdempotencyKey key, CreatedKey reply)
    {
        var text = new Secret(JsonSerializer.Serialize(reply, RouseJson.Default.CreatedKey));
        return new RecordedReply(key, StatusCodes.Status201Created, Convert.ToBase64String(cipher.Seal(tenant, Operation, Kind, text).Ciphertext));
    }

    /// <returns>Null when the key is this request's.</returns>
    public IResult? Answer(TenantId tenant, IdempotencyOutcome outcome)
    {
        if (outcome is not IdempotencyOutcome.Replay replay) return IdempotencyHeader.Answer(outcome);
        try
        {
            var text = cipher.Open(tenant, Operation, new SealedSecret(Kind, "", Convert.FromBase64String(replay.Body))).Reveal(SecretPurpose.Answer);
            return new SealedReply(IdempotencyHeader.Answer(replay with { Body = text })!);
        }
        catch (CryptographicException)
        {
            // Its key of the ring has been removed since.
            return Problems.Result(TenantErrors.KeyNotShown, "GET /v1/keys lists it. Revoke it, and make another with a new Idempotency-Key.");
        }
    }

    private sealed class SealedReply(IResult inner) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.Headers.CacheControl = "no-store";
            return inner.ExecuteAsync(context);
        }
    }
}
