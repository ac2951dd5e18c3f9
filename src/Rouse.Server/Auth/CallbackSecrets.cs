using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rouse.Contracts.Webhooks;
using Rouse.Core.Deployments;

namespace Rouse.Server.Auth;

/// <summary>
/// The secret that signs the reports of one attempt, derived from the installation's master key: nothing to store, and a stolen one speaks for one
/// attempt of one deployment only. It never travels; <see cref="AttemptTokens"/> does, and cannot sign (docs/adr/0005).
/// </summary>
internal sealed class CallbackSecrets(byte[] master)
{
    public WebhookSecret For(DeploymentId deployment, int attempt) =>
        new(HMACSHA256.HashData(master, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"callback|{deployment}|{attempt}"))));
}
