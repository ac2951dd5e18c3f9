using System.Security.Cryptography;
using Rouse.Core;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Auth;

/// <summary>What tenants are called that came by themselves.</summary>
internal static class GuestNames
{
    public const string Prefix = "rp_";

    public static TenantId Next() => TenantId.Parse(Prefix + Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes)));
}
