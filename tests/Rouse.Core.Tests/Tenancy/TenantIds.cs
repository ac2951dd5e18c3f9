using Rouse.Core.Tenancy;

namespace Rouse.Core.Tests.Tenancy;

internal static class TenantIds
{
    public static readonly TenantId Other = TenantId.Parse("other");
}
