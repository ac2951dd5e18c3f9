using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Rouse.Core.Deployments;

namespace Rouse.Server.Outputs;

/// <summary>Signs addresses on this server that need no key: each allows one thing with one name, until a time.</summary>
internal sealed class OutputSigner(byte[] master)
{
    private readonly byte[] _key = HMACSHA256.HashData(master, "outputs"u8);

    /// <summary>Of who may read it.</summary>
    public string ForReading(DeploymentId deployment, string name, long expires) => Sign(string.Create(CultureInfo.InvariantCulture, $"get|{deployment}|{name}|{expires}"));

    /// <summary>Of who may send it, and so many bytes.</summary>
    public string ForWriting(DeploymentId deployment, int attempt, string name, long size, long expires) =>
        Sign(string.Create(CultureInfo.InvariantCulture, $"put|{deployment}|{attempt}|{name}|{size}|{expires}"));

    /// <summary>Compared in constant time.</summary>
    public static bool AreSame(string expected, string? presented) =>
        presented is not null && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(presented.AsSpan()), MemoryMarshal.AsBytes(expected.AsSpan()));

    private string Sign(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));
}
