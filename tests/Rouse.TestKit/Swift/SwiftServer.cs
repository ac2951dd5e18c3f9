using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Rouse.TestKit.Time;

namespace Rouse.TestKit.Swift;

/// <summary>
/// A real S3 server: OpenStack Swift with its S3 API on free ports of loopback, with a folder of its own. It checks signatures, so what a wrong key
/// or a changed request gets is what it gets elsewhere too. It ends when the tests end, however they do.
/// </summary>
public sealed class SwiftServer : IAsyncDisposable
{
    /// <summary>Two accounts that may see nothing of each other's.</summary>
    public static readonly S3Account Alpha = new("alpha:tester", "secret-of-alpha");
    public static readonly S3Account Beta = new("beta:tester", "secret-of-beta");

    /// <summary>The only name under which Swift looks for what an installation has in common; not even a test can name another.</summary>
    private const string Conf = "/etc/swift/swift.conf";

    private static readonly string[] s_programs = ["swift-proxy-server", "swift-account-server", "swift-container-server", "swift-object-server", "memcached"];
    private static readonly Lazy<Task<SwiftServer>> s_shared = new(StartAsync);

    private readonly Process _shell;

    private SwiftServer(Process shell, int port) => (_shell, Endpoint) = (shell, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    /// <summary>Without a slash at its end. Buckets are parts of the path.</summary>
    public string Endpoint { get; }

    /// <summary>Why there can be no server here; null when there can.</summary>
    public static string? MissingReason { get; } = Missing();

    /// <summary>The one server of this process.</summary>
    public static Task<SwiftServer> SharedAsync() => s_shared.Value;

    public static async Task<SwiftServer> StartAsync()
    {
        if (MissingReason is not null) throw new InvalidOperationException(MissingReason);
        if (!File.Exists(Conf)) WriteConf();
        var folder = Path.Combine(Path.GetTempPath(), "rouse-swift-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        Directory.CreateDirectory(folder);
        var ports = FreePorts(s_programs.Length);
        var start = new ProcessStartInfo("sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true };
        foreach (var argument in (IEnumerable<string>)["-c", SwiftScript.Text, "swift-for-tests", folder]) start.ArgumentList.Add(argument);
        foreach (var port in ports) start.ArgumentList.Add(port.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(Environment.UserName);
        var shell = Process.Start(start)!;
        // Nobody reads it, and a full pipe would stop the programs.
        _ = shell.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        foreach (var port in ports) await Eventually.TrueAsync(async () => shell.HasExited || await AcceptsAsync(port));
        return shell.HasExited ? throw new InvalidOperationException("Swift did not start.") : new SwiftServer(shell, ports[0]);
    }

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private static string? Missing()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (Array.Find(s_programs, program => !folders.Any(folder => File.Exists(Path.Combine(folder, program)))) is { } missing)
        {
            return $"{missing} was not found (Debian: swift-proxy, swift-account, swift-container, swift-object, memcached).";
        }

        if (!File.Exists("/usr/bin/python3")) return "Swift needs Debian's /usr/bin/python3.";
        return File.Exists(Conf) || Environment.UserName == "root" ? null : $"There is no {Conf}, and only root may write one.";
    }

    private static void WriteConf()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Conf)!);
        File.WriteAllText(Conf, "[swift-hash]\nswift_hash_path_suffix = tests\nswift_hash_path_prefix = tests\n\n[storage-policy:0]\nname = Policy-0\ndefault = yes\n");
    }

    private static async ValueTask<bool> AcceptsAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>All held at once while they are chosen, so that no two are the same.</summary>
    private static IReadOnlyList<int> FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        List<int> ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}

public sealed record S3Account(string AccessKeyId, string SecretAccessKey);
