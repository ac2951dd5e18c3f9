namespace Rouse.Store.Migrations;

/// <summary>One numbered change of the schema. A released one is never edited: the next change is a new one.</summary>
/// <remarks>
/// Changes expand first and contract a release later, so that the release before can still run beside this one. The SQL is written once; these
/// words differ: <c>{int}</c> 64 bits, <c>{real}</c> double, <c>{blob}</c>, <c>{serial}</c> a key that counts up, <c>{strict}</c> behind a table.
/// </remarks>
internal sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>In order, without gaps.</summary>
    public static IReadOnlyList<Migration> All { get; } =
    [
        M0001_Deployments.Migration,
        M0002_Jobs.Migration,
        M0003_Accounts.Migration,
        M0004_RelayedJobs.Migration,
        M0005_Capacity.Migration,
        M0006_ReportMarks.Migration,
        M0007_Mirror.Migration,
        M0008_Webhooks.Migration,
        M0009_Tenants.Migration,
        M0010_SealedKeys.Migration,
        M0011_Cache.Migration,
        M0012_Traces.Migration,
        M0013_ServiceJobs.Migration,
        M0014_Usage.Migration,
        M0015_Waking.Migration,
        M0016_Outputs.Migration,
        M0017_Engines.Migration,
    ];

    public string SqlFor(SqlDialect dialect)
    {
        (string Word, string Sqlite, string Postgres)[] words =
        [
            ("{int}", "integer", "bigint"),
            ("{real}", "real", "double precision"),
            ("{blob}", "blob", "bytea"),
            ("{serial}", "integer primary key autoincrement", "bigint generated always as identity primary key"),
            ("{strict}", " strict", ""),
        ];
        return words.Aggregate(
            Sql, (sql, word) => sql.Replace(word.Word, dialect == SqlDialect.Sqlite ? word.Sqlite : word.Postgres, StringComparison.Ordinal));
    }

    /// <summary>The changes still missing from a database that is at <paramref name="version"/>.</summary>
    /// <exception cref="StorageException"><see cref="StorageCodes.SchemaTooNew"/>.</exception>
    public static IEnumerable<Migration> Missing(IReadOnlyList<Migration> all, long version) => version <= all[^1].Number
        ? all.Where(migration => migration.Number > version)
        : throw new StorageException(
            StorageCodes.SchemaTooNew,
            $"The database has schema {version}, this Rouse knows {all[^1].Number}. Start the newer Rouse that wrote it, or restore a backup.");
}
