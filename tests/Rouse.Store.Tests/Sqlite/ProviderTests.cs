using System.Data.Common;
using Dapper;
using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Tests.Sqlite;

public sealed class ProviderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteConnection _connection;

    public ProviderTests()
    {
        _connection = new SqliteConnection(Path.Combine(_folder.Path, "p.db"), readOnly: false, TimeSpan.FromSeconds(1));
        _connection.Open();
        _connection.Execute("create table t (id integer primary key, word text, ratio real, bytes blob) strict");
    }

    public void Dispose()
    {
        _connection.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("", 0.0, new byte[0])]
    [InlineData("Zoë 漢字 🎨 a\0b", -1.5e300, new byte[] { 0, 255, 1 })]
    public async Task Values_WhenStored_ComeBackAsTheyWere(string? word, double? ratio, byte[]? bytes)
    {
        await _connection.ExecuteAsync(
            "insert into t (id, word, ratio, bytes) values (@id, @word, @ratio, @bytes)",
            new { id = long.MaxValue, word, ratio, bytes });

        var row = await _connection.QuerySingleAsync<Row>("select id, word, ratio, bytes from t");

        Assert.Equal((long.MaxValue, word, ratio), (row.Id, row.Word, row.Ratio));
        Assert.Equal(bytes, row.Bytes);
    }

    [Fact]
    public void Types_WhenTheFirstRowIsNullOrThereIsNone_FollowTheDeclaration()
    {
        Assert.Empty(_connection.Query<Row>("select * from t"));
        _connection.Execute("insert into t (id) values (1); insert into t values (2, 'two', 2.5, x'02')");

        var rows = _connection.Query<Row>("select * from t order by id").ToList();

        Assert.Equal((null, "two", 2.5), (rows[0].Word, rows[1].Word, rows[1].Ratio!.Value));
        Assert.Equal(2, _connection.ExecuteScalar<int>("select count(*) from t"));
    }

    [Theory]
    [InlineData("null", "1")]
    [InlineData("1", "null")]
    [InlineData("0", "1")]
    [InlineData("null", "2.0")]
    public void Types_WhenAnExpressionIsNullInSomeRow_StillMapOntoProperties(string first, string second)
    {
        var rows = _connection.Query<Flags>($"select * from (select {first} + 0 as late, {first} + 0 as count union all select {second} + 0, {second} + 0)").ToList();

        Assert.Equal([first is "1", second is not "null"], rows.Select(row => row.Late));
        Assert.Equal([first is "null" ? null : first is "1" ? 1 : 0, second is "null" ? null : second is "1" ? 1 : 2], rows.Select(row => row.Count));
    }

    [Fact]
    public void Changes_WhenSeveralStatementsRun_AreAddedUp()
    {
        Assert.Equal(3, _connection.Execute("insert into t (id) values (1), (2); insert into t (id) values (3); -- the end"));
        Assert.Equal(0, _connection.Execute("update t set word = 'x' where id = 9"));
        Assert.Equal(2, _connection.Query<long>("update t set word = 'x' where id < 3 returning id").Count());
        Assert.Equal(3, _connection.Execute("delete from t"));
    }

    [Fact]
    public void Readers_WhenTheSameTextIsOpenTwice_DoNotDisturbEachOther()
    {
        _connection.Execute("insert into t (id) values (1), (2), (3)");
        var seen = new List<long>();

        foreach (var outer in _connection.Query<long>("select id from t order by id", buffered: false))
        {
            foreach (var inner in _connection.Query<long>("select id from t order by id", buffered: false)) seen.Add((outer * 10) + inner);
        }

        Assert.Equal([11, 12, 13, 21, 22, 23, 31, 32, 33], seen);
    }

    [Fact]
    public void Statement_WhenItFailed_WorksAgainWithOtherValues()
    {
        const string Insert = "insert into t (id) values (@id)";
        _connection.Execute(Insert, new { id = 1 });
        var refused = Assert.Throws<SqliteException>(() => _connection.Execute(Insert, new { id = 1 }));

        Assert.Equal(SqliteNative.Constraint, refused.Code);
        Assert.Contains("UNIQUE constraint failed: t.id", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Insert, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, _connection.Execute(Insert, new { id = 2 }));
    }

    [Fact]
    public void Errors_WhenTextOrParametersAreWrong_SayWhatAndWhere()
    {
        Assert.Contains("no such table: absent",
            Assert.Throws<SqliteException>(() => _connection.Execute("select * from absent")).Message,
            StringComparison.Ordinal);
        Assert.Contains("'id'",
            Assert.Throws<InvalidOperationException>(() => _connection.Execute("select @id", new { other = 1 })).Message,
            StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => _connection.Execute("select @at", new { at = DateTimeOffset.UnixEpoch }));
        Assert.Throws<SqliteException>(() => _connection.Execute("insert into t (id, word) values (1, x'00')"));
    }

    [Fact]
    public async Task Transaction_WhenDisposedUncommitted_IsUndone()
    {
        await using (await _connection.BeginTransactionAsync()) await _connection.ExecuteAsync("insert into t (id) values (1)");
        await using (var kept = await _connection.BeginTransactionAsync())
        {
            await _connection.ExecuteAsync("insert into t (id) values (2)");
            await kept.CommitAsync();
        }

        Assert.Equal([2], await _connection.QueryAsync<long>("select id from t"));
    }

    [Fact]
    public void Statements_WhenMoreTextsComeThanAreKept_StillRun()
    {
        for (var i = 0; i < 1000; i++) Assert.Equal(i, _connection.ExecuteScalar<int>($"select {i}"));
    }

    [Fact]
    public void Reader_WhenAColumnIsNull_RefusesToMakeItANumber()
    {
        using DbCommand command = _connection.CreateCommand();
        command.CommandText = "select null as none, 7 as seven, 'x' as word";
        using var reader = command.ExecuteReader();

        Assert.True(reader.Read());
        Assert.True(reader.IsDBNull(0));
        Assert.Throws<InvalidCastException>(() => reader.GetInt32(0));
        Assert.Equal((7, 7L, "x"), (reader.GetInt32(1), reader["seven"], reader.GetString(reader.GetOrdinal("WORD"))));
        Assert.False(reader.Read());
        Assert.False(reader.NextResult());
    }

    private sealed record Flags
    {
        public bool Late { get; init; }

        public int? Count { get; init; }
    }

    private sealed record Row
    {
        public long Id { get; init; }

        public string? Word { get; init; }

        public double? Ratio { get; init; }

        public byte[]? Bytes { get; init; }
    }
}
