using System.Collections.Concurrent;
using System.Globalization;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Gateway.Jobs;
using Rouse.Server.Secrets;
using Rouse.Store.Secrets;
using Rouse.Store.Webhooks;
using Secret = Rouse.Core.Tenancy.Secret;

namespace Rouse.Server.Webhooks;

/// <summary>The secrets that webhooks are signed with: one per endpoint and version, sealed in the store, made where they are needed.</summary>
internal sealed class WebhookSigner(WebhookStore webhooks, SecretStore secrets, SecretCipher cipher, FillRandom random, TimeProvider time)
{
    /// <summary>How long the former secret signs on: a day to tell one's receiver.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    /// <summary>As long as the HMAC's own output.</summary>
    private const int SecretBytes = 32;

    /// <summary>Opened secrets that are kept; beyond it all are opened anew.</summary>
    private const int MaxOpened = 1000;

    private readonly ConcurrentDictionary<(WebhookId Endpoint, int Version), WebhookSecret> _opened = [];

    /// <summary>A fresh secret, and how the store gets it: sealed for the endpoint and version that it finds.</summary>
    public (WebhookSecret Secret, Func<WebhookId, int, SealedSecret> Seal) Fresh(TenantId tenant)
    {
        Span<byte> bytes = stackalloc byte[SecretBytes];
        random(bytes);
        var secret = new WebhookSecret(bytes);
        return (secret, (endpoint, version) => cipher.Seal(tenant, endpoint.Value, WebhookStore.SecretKind(version), new Secret(secret.Reveal())));
    }

    /// <summary>The headers of one try, by the present secret and, while it still counts, the former. Without a signer they carry no signature.</summary>
    /// <returns>Null when the secret cannot be had, so nothing may be sent.</returns>
    public async ValueTask<IReadOnlyList<KeyValuePair<string, string>>?> SignAsync(Delivery delivery, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var timestamp = now.ToUnixTimeSeconds();
        List<KeyValuePair<string, string>> headers =
        [
            new(WebhookSignature.IdHeader, delivery.Message), new(WebhookSignature.TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture)),
        ];
        if (delivery.Signer is not { } signer) return headers;
        var version = signer.Version > 0 ? signer.Version : await FirstAsync(delivery.Tenant, signer.Endpoint, ct);
        var keys = new List<WebhookSecret>(2);
        if (await OpenAsync(delivery.Tenant, signer.Endpoint, version, ct) is not { } present) return null;
        keys.Add(present);
        if (signer.OldSecretUntil > now && await OpenAsync(delivery.Tenant, signer.Endpoint, version - 1, ct) is { } former) keys.Add(former);
        headers.Add(new(WebhookSignature.SignatureHeader, string.Join(' ', keys.Select(key => WebhookSignature.Sign(key, delivery.Message, timestamp, delivery.Body)))));
        return headers;
    }

    /// <summary>Nobody created this endpoint, so nobody was shown a secret yet; its owner gets one by rotating.</summary>
    private async ValueTask<int> FirstAsync(TenantId tenant, WebhookId endpoint, CancellationToken ct)
    {
        var fresh = Fresh(tenant);
        return (await webhooks.RotateAsync(tenant, endpoint, fresh.Seal, TimeSpan.Zero, unless: true, ct))?.SecretVersion ?? 0;
    }

    private async ValueTask<WebhookSecret?> OpenAsync(TenantId tenant, WebhookId endpoint, int version, CancellationToken ct)
    {
        if (_opened.TryGetValue((endpoint, version), out var known)) return known;
        if (await secrets.GetAsync(tenant, endpoint.Value, WebhookStore.SecretKind(version), ct) is not { } found) return null;
        if (!WebhookSecret.TryParse(cipher.Open(tenant, endpoint.Value, found).Reveal(SecretPurpose.WebhookSignature), out var secret)) return null;
        if (_opened.Count >= MaxOpened) _opened.Clear();
        _opened[(endpoint, version)] = secret!;
        return secret;
    }
}
