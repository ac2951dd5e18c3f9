using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Auth;

/// <summary>
/// The job plane's key for one attempt's workers, derived from the installation's master key: nothing to store, and a stolen one takes jobs of one
/// attempt of one deployment only. Reports are signed with another secret (<see cref="CallbackSecrets"/>).
/// </summary>
internal sealed class AttemptTokens(byte[] master)
{
    public Secret For(DeploymentId deployment, int attempt) => new(Base64Url.EncodeToString(Derive(deployment, attempt)));

    /// <summary>Compared in constant time.</summary>
    public bool Matches(DeploymentId deployment, int attempt, ReadOnlySpan<char> presented)
    {
        var expected = Base64Url.EncodeToString(Derive(deployment, attempt));
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(presented), MemoryMarshal.AsBytes(expected.AsSpan()));
    }

    private byte[] Derive(DeploymentId deployment, int attempt) =>
        HMACSHA256.HashData(master, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"attempt|{deployment}|{attempt}")));
}
