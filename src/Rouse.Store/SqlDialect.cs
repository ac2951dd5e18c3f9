namespace Rouse.Store;

/// <summary>The few places where the engines' SQL differs.</summary>
public enum SqlDialect
{
    Sqlite,
    Postgres,
}

/// <summary>Fragments of SQL that one engine needs and the other does not know.</summary>
public static class SqlFragments
{
    /// <summary>Behind a select: holds the row until the transaction ends. SQLite has one writer at a time, so it needs nothing.</summary>
    public static string ForUpdate(this SqlDialect dialect) => dialect == SqlDialect.Postgres ? " for update" : "";

    /// <summary>As <see cref="ForUpdate"/>, passing over rows that another transaction holds.</summary>
    public static string ForUpdateSkipLocked(this SqlDialect dialect) => dialect == SqlDialect.Postgres ? " for update skip locked" : "";

    /// <summary>
    /// Whether the column is among the values of a parameter that is an array: Dapper spells the list out for SQLite, PostgreSQL takes it whole.
    /// </summary>
    public static string In(this SqlDialect dialect, string column, string parameter) =>
        dialect == SqlDialect.Postgres ? $"{column} = any(@{parameter})" : $"{column} in @{parameter}";
}
