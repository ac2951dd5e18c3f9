using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Rouse.Server.Auth;

/// <summary>How often keys that nobody knows yet are checked with the provider: by client address, and by all together.</summary>
/// <param name="perAddress">In any minute. Somebody who guesses keys has no more tries than this, and somebody with a new key needs one.</param>
internal sealed class KeyChecksBudget(int perAddress, TimeProvider time)
{
    public const int StandardPerAddress = 10;

    /// <summary>In any minute, from wherever: the provider's own limits count for our address.</summary>
    public const int Together = 600;

    /// <summary>About 200 bytes each.</summary>
    public const int MaxAddresses = 10_000;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly SlidingBudget<(ulong High, ulong Low)> _addresses = new(perAddress, MaxAddresses, Window, time);
    private readonly SlidingBudget<int> _all = new(Together, 1, Window, time);

    public int Addresses => _addresses.Count;

    public bool TryTake(IPAddress? address) => _addresses.TryTake(KeyOf(address)) && _all.TryTake(0);

    /// <summary>Who has one IPv6 address has all that begin with the same 64 bits.</summary>
    private static (ulong High, ulong Low) KeyOf(IPAddress? address)
    {
        if (address is null) return default;
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        var isV4 = address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6;
        return isV4 ? (high, low) : (high, 0);
    }
}
