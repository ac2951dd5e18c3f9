using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Rouse.TestKit.Postgres;

/// <summary>
/// A real PostgreSQL on a free port with a data folder of its own. It lives under a shell that waits for its input to close, so the server ends and
/// its folder goes also when the tests are killed.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>A cold machine needs seconds for <c>initdb</c>; more means that something hangs.</summary>
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(90);
    private static readonly Lazy<Task<PostgresServer>> s_shared = new(StartAsync);

    // $1 data folder, $2 port, $3 folder with the programs. Quit is an immediate stop: nothing in here is wanted any more.
    private const string Script = """
        cd / && umask 077
        "$3/initdb" -D "$1/data" -U rouse -A trust -E UTF8 --locale=C --no-sync \
            >"$1/initdb.log" 2>&1 || { cat "$1/initdb.log" >&2; rm -rf "$1"; exit 1; }
        "$3/postgres" -D "$1/data" -k "$1" -p "$2" -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200 &
        server=$!
        read -r _
        kill -QUIT $server
        wait $server
        rm -rf "$1"
        """;

    private readonly Process _shell;

    private PostgresServer(Process shell, int port) => (_shell, Port) = (shell, port);

    public int Port { get; }

    /// <summary>Why there can be no server here; null when there can.</summary>
    public static string? MissingReason { get; } =
        Programs() is null ? "PostgreSQL's initdb and postgres were not found (Debian: postgresql-15)." : null;

    /// <summary>The one server of this process.</summary>
    public static Task<PostgresServer> SharedAsync() => s_shared.Value;

    public static async Task<PostgresServer> StartAsync()
    {
        var programs = Programs() ?? throw new InvalidOperationException(MissingReason);
        // A socket's path may have 107 bytes, so the folder lies directly under the folder for temporary files.
        var folder = Path.Combine(Path.GetTempPath(), "rouse-pg-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        Directory.CreateDirectory(folder);
        var port = FreePort();
        var start = new ProcessStartInfo { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true };
        string[] command = ["sh", "-c", Script, "postgres-for-tests", folder, port.ToString(CultureInfo.InvariantCulture), programs];
        if (string.Equals(Environment.UserName, "root", StringComparison.Ordinal))
        {
            // PostgreSQL refuses to run as root.
            await RunAsync("chown", "nobody", folder);
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", .. command];
        }

        start.FileName = command[0];
        foreach (var argument in command.AsSpan(1)) start.ArgumentList.Add(argument);
        var shell = Process.Start(start)!;
        await WaitUntilReadyAsync(shell);
        return new PostgresServer(shell, port);
    }

    /// <summary>Makes an empty database and answers how to reach it: <c>postgres:…</c>.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = "t" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var port = Port.ToString(CultureInfo.InvariantCulture);
        await RunAsync(Path.Combine(Programs()!, "createdb"), "-h", "127.0.0.1", "-p", port, "-U", "rouse", "-T", "template0", name);
        return $"postgres:Host=127.0.0.1;Port={port};Username=rouse;Database={name};Maximum Pool Size=20";
    }

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private static string? Programs()
    {
        IEnumerable<string> installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => folder, StringComparer.Ordinal)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return installed.Concat(onPath).FirstOrDefault(folder =>
            File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task WaitUntilReadyAsync(Process shell)
    {
        using var deadline = new CancellationTokenSource(s_startDeadline);
        var seen = new List<string>();
        while (await shell.StandardError.ReadLineAsync(deadline.Token) is { } line)
        {
            seen.Add(line);
            if (!line.Contains("database system is ready to accept connections", StringComparison.Ordinal)) continue;
            // Nobody reads the rest, and a full pipe would stop the server.
            _ = shell.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return;
        }

        throw new InvalidOperationException("PostgreSQL did not start: " + string.Join('\n', seen));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {error}");
    }
}
