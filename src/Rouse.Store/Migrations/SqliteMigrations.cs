using Dapper;
using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Migrations;

/// <summary>Runs what is missing under <c>begin exclusive</c>: the lock dies with its holder, so a killed migration hinders nobody.</summary>
internal static class SqliteMigrations
{
    public static void Apply(SqliteConnection connection, IReadOnlyList<Migration> all)
    {
        connection.Execute("begin exclusive");
        try
        {
            connection.Execute("create table if not exists rouse_schema (version integer primary key, name text not null) strict");
            var version = connection.ExecuteScalar<long>("select coalesce(max(version), 0) from rouse_schema");
            foreach (var migration in Migration.Missing(all, version))
            {
                connection.Execute(migration.SqlFor(SqlDialect.Sqlite));
                connection.Execute("insert into rouse_schema (version, name) values (@Number, @Name)", new { migration.Number, migration.Name });
            }

            connection.Execute("commit");
        }
        finally
        {
            if (!connection.IsAutocommit) connection.Execute("rollback");
        }
    }
}
