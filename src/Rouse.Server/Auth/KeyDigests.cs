using System.Security.Cryptography;
using System.Text;

namespace Rouse.Server.Auth;

/// <summary>
/// What is kept of a caller's key: HMAC-SHA256 under a secret derived from the installation's master key. A stolen database alone tells neither a key
/// nor whether a guessed one is right.
/// </summary>
/// <param name="master">See <see cref="Secrets.MasterKey"/>. Replicas that share a store need the same.</param>
internal sealed class KeyDigests(byte[] master)
{
    public const int Bytes = HMACSHA256.HashSizeInBytes;

    private readonly byte[] _pepper = HMACSHA256.HashData(master, "the keys of callers"u8);

    public byte[] Of(string key)
    {
        var digest = new byte[Bytes];
        Write(key, digest);
        return digest;
    }

    /// <param name="key">Printable ASCII.</param>
    public void Write(string key, Span<byte> digest)
    {
        Span<byte> text = stackalloc byte[Credential.MaxLength];
        HMACSHA256.HashData(_pepper, text[..Encoding.ASCII.GetBytes(key, text)], digest);
    }
}
