using Rouse.Cli.Settings;
using Rouse.Cli.Tests.Fakes;
using Rouse.Server;

namespace Rouse.Cli.Tests;

/// <summary>A setting that names a secret is that secret, or the server does not start and says which setting it was.</summary>
public sealed class ReferenceSettingTests : IAsyncLifetime
{
    private FakeGoogle _google = null!;

    public async Task InitializeAsync() => _google = await FakeGoogle.StartAsync();

    public async Task DisposeAsync() => await _google.DisposeAsync();

    [Theory]
    [InlineData("sm://key", "here/key/latest")]
    [InlineData("sm://key/7", "here/key/7")]
    [InlineData("sm://projects/elsewhere/secrets/key", "elsewhere/key/latest")]
    [InlineData("sm://projects/example.org:old/secrets/key/versions/12", "example.org:old/key/12")]
    public void Reference_IsRead_OncePerVariable(string reference, string place)
    {
        _google.Secrets[place] = "the secret\n"u8.ToArray();
        using var settings = Settings(("A", reference));
        Assert.Equal("the secret", settings.Variable("A"));
        Assert.Equal("the secret", settings.Variable("A"));
        Assert.Single(_google.Calls, call => call.EndsWith(":access", StringComparison.Ordinal));
    }

    [Fact]
    public void Project_IsTheOneThatIsSet_ElseTheMachinesOwn()
    {
        _google.Add("key", "mine", project: "set");
        _google.Add("key", "the machine's");
        using (var set = Settings(("A", "sm://key"), ("GCP_PROJECT_ID", "set"))) Assert.Equal("mine", set.Variable("A"));
        using (var own = Settings(("A", "sm://key"))) Assert.Equal("the machine's", own.Variable("A"));
    }

    [Fact]
    public void WhatPasses_IsTriedAgain()
    {
        _google.Add("key", "the secret");
        foreach (var status in new[] { 503, 429 }) _google.Faults.Enqueue(status);
        _google.MetadataFaults.Enqueue(500);
        using var settings = Settings(("A", "sm://key"), ("GCP_PROJECT_ID", "here"));
        Assert.Equal("the secret", settings.Variable("A"));
    }

    [Theory]
    [InlineData("sm://missing", "404")]
    [InlineData("sm://", "names no secret")]
    [InlineData("sm://a/b/c", "names no secret")]
    [InlineData("sm://../../other", "names no secret")]
    [InlineData("SM://key", "names no secret")]
    [InlineData("sm://key:destroy", "names no secret")]
    [InlineData("sm://empty", "empty")]
    [InlineData("sm://binary", "not text")]
    [InlineData("sm://again", "reference again")]
    [InlineData("file:///there/is/no/such/file", "cannot be read")]
    public void WhatCannotBeRead_IsTold_WithItsVariable(string reference, string why)
    {
        _google.Add("empty", "\n");
        _google.Add("again", "sm://key");
        _google.Secrets["here/binary/latest"] = [0xC3, 0x28];
        using var settings = Settings(("ROUSE_X", reference));
        var refused = Assert.Throws<RouseHostException>(() => settings.Variable("ROUSE_X"));
        Assert.StartsWith("ROUSE_X ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, 1)]
    [InlineData(403, 1)]
    [InlineData(500, 4)]
    [InlineData(429, 4)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void Faults_AreToldAfterAFewTriesAtMost(int fault, int tries)
    {
        _google.Add("key", "the secret");
        for (var i = 0; i < 10; i++) _google.Faults.Enqueue(fault);
        using var settings = Settings(("A", "sm://key"), ("GCP_PROJECT_ID", "here"));
        var refused = Assert.Throws<RouseHostException>(() => settings.Variable("A"));
        Assert.DoesNotContain("the secret", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(tries, _google.Calls.Count(call => call.EndsWith(":access", StringComparison.Ordinal)));
    }

    [Fact]
    public void File_IsReadWithoutItsLastLineEnd()
    {
        using var cli = new Cli();
        var path = Path.Combine(cli.Folder, "secret");
        File.WriteAllText(path, "two words\r\n");
        using var settings = Settings(("A", $"file://{path}"), ("B", "plain"), ("C", ""));
        Assert.Equal(("two words", "plain", "", (string?)null), (settings.Variable("A"), settings.Variable("B"), settings.Variable("C"), settings.Variable("D")));
    }

    [Theory]
    [InlineData("ROUSE_API_KEYS")]
    [InlineData("ROUSE_MASTER_KEY")]
    [InlineData("ROUSE_DATABASE")]
    [InlineData("RUNPOD_API_KEY")]
    [InlineData("RUNPOD_TEMPLATE_ID")]
    public async Task Serve_WithASecretThatCannotBeRead_EndsWith1AndNamesTheVariable(string variable)
    {
        using var cli = new Cli();
        foreach (var (name, value) in _google.Variables) cli.With(name, value);
        var ended = await cli.With(variable, "sm://missing").RunAsync("serve", "--port", "0", "--data", "here");
        Assert.Equal(ExitCode.Failed, ended.Exit);
        Assert.Contains($"{variable} is sm://missing", ended.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(cli.Folder, "here")));
    }

    [Fact]
    public async Task Serve_TakesItsKeysFromSecretManager()
    {
        _google.Add("keys", "alice=a-key-that-is-managed\n");
        _google.Add("master", Convert.ToBase64String(new byte[32]));
        using var cli = new Cli();
        var variables = new Dictionary<string, string>(_google.Variables, StringComparer.Ordinal) { ["ROUSE_API_KEYS"] = "sm://keys", ["ROUSE_MASTER_KEY"] = "sm://master/latest" };
        using var server = ChildProgram.Start(cli.Folder, variables, "serve", "--port", "0", "--data", "data", "--quiet");
        await server.Out.HearAsync("\n");
        cli.With("ROUSE_SERVER", server.Out.ToString().Trim());
        Assert.Equal(ExitCode.Refused, (await cli.With("ROUSE_API_KEY", "sm://keys").RunAsync("ls")).Exit);
        Assert.Equal(ExitCode.Ok, (await cli.With("ROUSE_API_KEY", "a-key-that-is-managed").RunAsync("ls")).Exit);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(cli.Folder, "data", "keys")));
        await server.SendAsync("TERM");
        Assert.Equal(ExitCode.Ok, (await server.EndAsync()).Exit);
    }

    private OperatorSettings Settings(params (string Name, string Value)[] variables)
    {
        using var cli = new Cli();
        foreach (var (name, value) in _google.Variables) cli.With(name, value);
        foreach (var (name, value) in variables) cli.With(name, value);
        return new OperatorSettings(cli.Host(), CancellationToken.None);
    }
}
