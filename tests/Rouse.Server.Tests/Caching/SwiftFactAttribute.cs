using Rouse.TestKit.Swift;

namespace Rouse.Server.Tests.Caching;

/// <summary>A fact that needs a real S3 server: skipped, saying so, where it is missing, unless <c>ROUSE_REQUIRE_SERVERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SwiftFactAttribute : FactAttribute
{
    public SwiftFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1") Skip = SwiftServer.MissingReason;
    }
}
