using System.CommandLine;
using System.Text.RegularExpressions;
using Rouse.Cli.Commands;
using Rouse.Cli.Terminal;
using Rouse.Core.Deployments;

namespace Rouse.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Lines()
    {
        var lines = new TheoryData<string>();
        foreach (var command in All(Root())) lines.Add(HelpPage.PathOf(command));
        return lines;
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task EveryCommand_HasADescriptionAnExampleAndHelpThatAsksNoServer(string line)
    {
        using var cli = new Cli();

        var ended = await cli.RunAsync([.. line.Split(' ').Skip(1), "--help"]);

        Assert.Equal(ExitCode.Ok, ended.Exit);
        Assert.Empty(ended.Error);
        Assert.Contains($"Usage:\n  {line}", ended.Out, StringComparison.Ordinal);
        var command = All(Root()).Single(c => string.Equals(HelpPage.PathOf(c), line, StringComparison.Ordinal));
        Assert.False(string.IsNullOrEmpty(command.Description));
        if (command.Subcommands.Count > 0) return;
        var examples = Assert.IsAssignableFrom<CliCommand>(command).Examples;
        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains(line, example.Line, StringComparison.Ordinal));
        Assert.All(command.Options, option => Assert.False(string.IsNullOrEmpty(option.Description)));
        Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description)));
    }

    [Fact]
    public async Task TheReference_IsWhatTheCommandsSay()
    {
        using var cli = new Cli();
        var ended = await cli.RunAsync("help-docs");
        var path = Path.Combine(Repository.Root, "docs", "cli.md");
        if (Environment.GetEnvironmentVariable("ROUSE_GOLDENS") is "write") await File.WriteAllTextAsync(path, ended.Out);
        Assert.Equal(await File.ReadAllTextAsync(path), ended.Out);
    }

    [Fact]
    public async Task TheProgramAlone_ShowsItsCommandsAndExitCodes()
    {
        using var cli = new Cli();
        var ended = await cli.RunAsync();
        Assert.Equal(ExitCode.Ok, ended.Exit);
        foreach (var (code, meaning) in ExitCodes.Meanings) Assert.Matches($"\n  {(int)code} +{Regex.Escape(meaning)}\n", ended.Out);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("deployment nonsense")]
    [InlineData("ls --nonsense")]
    [InlineData("get")]
    [InlineData("ls -o xml")]
    [InlineData("ls --server nonsense")]
    [InlineData("wait x --for nonsense")]
    [InlineData("wait x --timeout soon")]
    [InlineData("logs x --tail -1")]
    [InlineData("serve --port many")]
    public async Task AWrongLine_EndsWith2AndNamesTheHelp(string line)
    {
        using var cli = new Cli();
        var ended = await cli.RunAsync(line.Split(' '));
        Assert.Equal((ExitCode.Usage, ""), (ended.Exit, ended.Out));
        Assert.Contains("--help` shows what is allowed", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void ThePhases_AreTheServers()
        => Assert.Equal(Enum.GetValues<Phase>().Select(p => p.Word()).ToHashSet(), Api.PhaseWords.All.ToHashSet());

    [Theory]
    [InlineData("90", 90)]
    [InlineData("500ms", 0.5)]
    [InlineData("1h30m", 5400)]
    [InlineData("0.5m", 30)]
    [InlineData("2d", 172800)]
    public void Durations_AreReadAsPeopleWriteThem(string text, double seconds)
    {
        Assert.True(Measures.TryParseDuration(text, out var duration));
        Assert.Equal(seconds, duration.TotalSeconds);
    }

    private static RootCommand Root()
    {
        using var cli = new Cli();
        return CommandTree.Create(cli.Host());
    }

    private static IEnumerable<Command> All(Command command) => [command, .. command.Subcommands.Where(c => !c.Hidden).SelectMany(All)];
}
