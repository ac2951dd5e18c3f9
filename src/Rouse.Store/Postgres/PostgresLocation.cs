using Npgsql;

namespace Rouse.Store.Postgres;

/// <summary>Turns <c>postgres://user:password@host:port/database</c> into Npgsql's form; takes that form behind <c>postgres:</c> as it is.</summary>
internal static class PostgresLocation
{
    /// <returns>Null when it is neither.</returns>
    public static string? TryParse(string location)
    {
        if (location.StartsWith("postgres://", StringComparison.Ordinal) || location.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            return FromUri(location);
        }
        return location.StartsWith("postgres:", StringComparison.Ordinal) ? location["postgres:".Length..] : null;
    }

    private static string? FromUri(string location)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return null;
        var user = uri.UserInfo.Split(':', 2);
        var port = uri.Port > 0 ? uri.Port : 5432;
        var builder = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = port, Database = uri.AbsolutePath.Trim('/') };
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        return builder.ConnectionString;
    }
}
