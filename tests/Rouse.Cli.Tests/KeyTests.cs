using System.Text.Json;

namespace Rouse.Cli.Tests;

/// <summary>keys: the first one without a server, the others with it.</summary>
public sealed class KeyTests
{
    [Fact]
    public async Task FirstKey_IsMadeWithoutAServer_AndTheServerAsksForOneFromThenOn()
    {
        using var cli = new Cli();
        var first = await cli.RunAsync("keys", "create", "operator", "--data", "data");
        Assert.Equal(ExitCode.Ok, first.Exit);
        var admin = first.Out.Trim();
        Assert.StartsWith("rouse_", admin, StringComparison.Ordinal);
        Assert.Contains("shown this once", first.Error, StringComparison.Ordinal);

        // Another address than loopback: without the key it would not start.
        using var server = ChildProgram.Start(cli.Folder, "serve", "--port", "0", "--host", "0.0.0.0", "--data", "data", "--quiet");
        await server.Out.HearAsync("\n");
        var address = server.Out.ToString().Trim();
        Assert.NotEqual(ExitCode.Ok, (await AskAsync(address, "", "ls")).Exit);
        Assert.Equal(ExitCode.Ok, (await AskAsync(address, admin, "ls")).Exit);

        var ci = await AskAsync(address, admin, "keys", "create", "ci", "--scope", "read", "run", "--tenant", "alice", "--expires", "720h", "-o", "json");
        var made = JsonDocument.Parse(ci.Out).RootElement;
        Assert.Equal(("alice", 2), (made.GetProperty("tenant").GetString(), made.GetProperty("scopes").GetArrayLength()));
        var (id, key) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        Assert.Equal(ExitCode.Ok, (await AskAsync(address, key, "ls")).Exit);
        Assert.Equal(ExitCode.Refused, (await AskAsync(address, key, "keys", "list")).Exit);

        var list = await AskAsync(address, admin, "keys", "list", "--tenant", "alice");
        Assert.Contains(id, list.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(key, list.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, (await AskAsync(address, admin, "keys", "revoke", id, "--tenant", "alice")).Exit);
        Assert.Equal("", (await AskAsync(address, admin, "keys", "list", "--tenant", "alice", "-q")).Out);
        Assert.Equal(id + "\n", (await AskAsync(address, admin, "keys", "list", "--tenant", "alice", "-q", "--all")).Out);
        Assert.NotEqual(ExitCode.Ok, (await AskAsync(address, key, "ls")).Exit);

        // The folder is the server's now.
        Assert.Equal(ExitCode.Failed, (await cli.RunAsync("keys", "create", "late", "--data", "data")).Exit);
    }

    [Fact]
    public async Task RunpodKey_IsNeverAnArgument()
    {
        using var cli = new Cli();
        var ended = await cli.RunAsync("keys", "add", "laptop");
        Assert.Equal(ExitCode.Usage, ended.Exit);
        Assert.Contains("RUNPOD_API_KEY", ended.Error, StringComparison.Ordinal);
    }

    private static async Task<Ended> AskAsync(string server, string key, params string[] args)
    {
        using var cli = new Cli();
        return await cli.With("ROUSE_SERVER", server).With("ROUSE_API_KEY", key).RunAsync(args);
    }
}
