using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Rouse.Store.Migrations;
using Rouse.Store.Postgres;
using Rouse.Store.Sqlite.Provider;

namespace Rouse.Store.Tests.Durability;

/// <summary>
/// This assembly as a program: <c>write LOCATION</c> writes until it is killed and prints each acknowledged name; <c>migrate LOCATION STEP</c> kills
/// itself before that step; <c>rate LOCATION CALLERS SECONDS</c> prints durable writes per second.
/// </summary>
internal static class Victim
{
    public static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["write", var location]:
                await WriteAsync(location);
                return 0;
            case ["migrate", var location, var step]:
                await MigrateAsync(location, int.Parse(step, CultureInfo.InvariantCulture));
                return 0;
            case ["rate", var location, var callers, var seconds]:
                await RateAsync(
                    location, int.Parse(callers, CultureInfo.InvariantCulture),
                    TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
                return 0;
            default:
                await Console.Error.WriteLineAsync("write LOCATION | migrate LOCATION STEP | rate LOCATION CALLERS SECONDS");
                return 2;
        }
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add(typeof(Victim).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task WriteAsync(string location)
    {
        await using var database = await Database.OpenAsync(location);
        var settings = new SettingStore(database);
        await using var output = Console.OpenStandardOutput();
        var gate = new Lock();
        var run = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{run}/{writer}/{i}");
                await settings.SetAsync(name, "x", CancellationToken.None);
                lock (gate) output.Write(System.Text.Encoding.ASCII.GetBytes(name + "\n"));
            }
        })));
    }

    private static async Task MigrateAsync(string location, int step)
    {
        var migrations = new DeadlyList(step);
        if (PostgresLocation.TryParse(location) is { } connectionString)
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await PostgresMigrations.ApplyAsync(source, migrations, CancellationToken.None);
            return;
        }

        await using var connection = new SqliteConnection(location["sqlite:".Length..], readOnly: false, TimeSpan.FromSeconds(10));
        connection.Open();
        connection.Execute("pragma journal_mode = wal");
        SqliteMigrations.Apply(connection, migrations);
    }

    private static async Task RateAsync(string location, int callers, TimeSpan length)
    {
        await using var database = await Database.OpenAsync(location);
        var settings = new SettingStore(database);
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var count = 0;
            for (; watch.Elapsed < length; count++)
            {
                await settings.SetAsync(string.Create(CultureInfo.InvariantCulture, $"{caller}/{count}"), "x", CancellationToken.None);
            }
            return count;
        })));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{counts.Sum() / watch.Elapsed.TotalSeconds:F0} durable writes/s with {callers} callers"));
    }
}
