using System.Runtime.InteropServices;

namespace Rouse.Server.Auth;

/// <summary>The 32 bytes of a digest, as a key of a table.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DigestKey(ulong A, ulong B, ulong C, ulong D)
{
    public static DigestKey Of(ReadOnlySpan<byte> digest) => MemoryMarshal.Read<DigestKey>(digest);
}
