using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Auth;

/// <summary>
/// The secret of one attempt, derived from the installation's master key: nothing to store, and a stolen one speaks for one attempt of one
/// deployment only.
/// </summary>
internal sealed class AttemptTokens(byte[] master)
{
    public Secret For(DeploymentId deployment, int attempt) => new(Base64Url.EncodeToString(Derive(deployment, attempt)));

    /// <summary>Compared in constant time.</summary>
    public bool Matches(DeploymentId deployment, int attempt, ReadOnlySpan<char> presented)
    {
        Span<byte> bytes = stackalloc byte[HMACSHA256.HashSizeInBytes];
        // Base64 of 32 bytes has 43 characters; anything else cannot be one of ours.
        if (presented.Length != 43 || !Base64Url.TryDecodeFromChars(presented, bytes, out var written) || written != bytes.Length) return false;
        return CryptographicOperations.FixedTimeEquals(bytes, Derive(deployment, attempt));
    }

    private byte[] Derive(DeploymentId deployment, int attempt) =>
        HMACSHA256.HashData(master, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"attempt|{deployment}|{attempt}")));
}
