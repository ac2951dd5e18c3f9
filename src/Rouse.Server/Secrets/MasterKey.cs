using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Secrets;

/// <summary>
/// The key that seals the other keys: 32 bytes that the operator keeps, in the environment, a file or a secret manager. It never touches data, so
/// changing it means sealing a handful of keys anew.
/// </summary>
/// <remarks>Sealed: <c>version 1 (1 byte) | nonce (12) | tag (16) | ciphertext</c>, AES-256-GCM; the name of what is sealed is authenticated with it.</remarks>
internal sealed class MasterKey
{
    public const int Bytes = 32;

    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly byte[] _key;

    public MasterKey(byte[] key)
    {
        if (key.Length != Bytes) throw new ArgumentException($"A master key has {Bytes} bytes.", nameof(key));
        _key = key;
        Id = Convert.ToHexStringLower(HMACSHA256.HashData(key, "rouse master key id"u8).AsSpan(0, 6));
    }

    /// <summary>Tells one master key from another and tells nothing of it.</summary>
    public string Id { get; }

    /// <returns>Null when the text is not base64 of 32 bytes.</returns>
    public static MasterKey? TryParse(Secret text)
    {
        var bytes = new byte[Bytes + 1];
        return Convert.TryFromBase64String(text.Reveal(SecretPurpose.Sealing).Trim(), bytes, out var count) && count == Bytes ? new MasterKey(bytes[..Bytes]) : null;
    }

    /// <param name="name">What it is; only under this name it opens again.</param>
    public byte[] Seal(string name, ReadOnlySpan<byte> plain)
    {
        var box = new byte[1 + NonceBytes + TagBytes + plain.Length];
        box[0] = Version;
        RandomNumberGenerator.Fill(Nonce(box));
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(Nonce(box), plain, Body(box), Tag(box), Encoding.UTF8.GetBytes(name));
        return box;
    }

    /// <exception cref="CryptographicException">Another key sealed it, or it was changed.</exception>
    public byte[] Open(string name, byte[] box)
    {
        if (box.Length < 1 + NonceBytes + TagBytes || box[0] != Version) throw new CryptographicException("This is not a sealed key.");
        var plain = new byte[Body(box).Length];
        using var aes = new AesGcm(_key, TagBytes);
        aes.Decrypt(Nonce(box), Body(box), Tag(box), plain, Encoding.UTF8.GetBytes(name));
        return plain;
    }

    public override string ToString() => $"master key {Id}";

    private static Span<byte> Nonce(byte[] box) => box.AsSpan(1, NonceBytes);

    private static Span<byte> Tag(byte[] box) => box.AsSpan(1 + NonceBytes, TagBytes);

    private static Span<byte> Body(byte[] box) => box.AsSpan(1 + NonceBytes + TagBytes);
}
