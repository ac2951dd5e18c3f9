using System.Buffers.Binary;
using System.Net;

namespace Rouse.Server.Limits;

/// <summary>Whom requests from an address count for: the address in version 4, its /64 in version 6, because that is what one customer is given.</summary>
internal readonly record struct AddressKey(ulong High, ulong Low)
{
    public static AddressKey Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.MapToIPv6().TryWriteBytes(bytes, out _)) return default;
        var high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        // The IPv4 addresses all lie in one /64.
        return new AddressKey(high, high == 0 ? BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) : 0);
    }

    /// <summary>Seeded for each process, so that nobody can choose addresses that share a counter.</summary>
    public override int GetHashCode() => HashCode.Combine(High, Low);
}
