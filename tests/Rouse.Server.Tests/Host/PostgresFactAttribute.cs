using Rouse.TestKit.Postgres;

namespace Rouse.Server.Tests.Host;

/// <summary>A fact that needs PostgreSQL: skipped, saying so, where it is missing, unless <c>ROUSE_REQUIRE_SERVERS=1</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1") Skip = PostgresServer.MissingReason;
    }
}
