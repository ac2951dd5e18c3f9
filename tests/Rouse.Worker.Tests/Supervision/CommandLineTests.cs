using Rouse.Worker.Configuration;
using Rouse.Worker.Supervision;

namespace Rouse.Worker.Tests.Supervision;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("python3 -m vllm", "python3", "-m", "vllm")]
    [InlineData("  a   b\tc\n", "a", "b", "c")]
    [InlineData("""sh -c 'echo "$HOME" | cat'""", "sh", "-c", """echo "$HOME" | cat""")]
    [InlineData("""a "b c" d\ e '' "\"" '\'""", "a", "b c", "d e", "", "\"", "\\")]
    [InlineData("""["python3","-m","my server","--port","{port}"]""", "python3", "-m", "my server", "--port", "{port}")]
    public void Command_IsSplitByQuotesAlone(string text, params string[] words) => Assert.Equal(words, Read(text).Words);

    [Theory]
    [InlineData("a 'b")]
    [InlineData("""["a",1]""")]
    [InlineData("""["a",null]""")]
    [InlineData("[]")]
    [InlineData("''")]
    [InlineData("""["a","b\u0000c"]""")]
    public void Command_ThatIsNone_IsAFaultThatNamesItsVariable(string text) =>
        Assert.StartsWith("ROUSE_X_COMMAND must be a command", Read(text).Fault, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"A":1}""")]
    [InlineData("""{"A":null}""")]
    [InlineData("""{"A=B":"c"}""")]
    [InlineData("A=b")]
    public void Environment_ThatIsNoObjectOfStrings_IsAFault(string text)
    {
        var variables = new Variables(_ => text);
        CommandLine.ReadEnvironment(variables, "ROUSE_X_ENV");
        Assert.StartsWith("ROUSE_X_ENV must be a JSON object", variables.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Placeholders_AreReplacedInArgumentsAndInValues_AndBracesOfOthersStay()
    {
        var command = new ServerCommand("server", ["serve", "--port={port}", "{model}", "{x}"]) { Environment = new Dictionary<string, string> { ["URL"] = ":{port}" } }
            .With("port", "81").With("model", "/models/a b");

        Assert.Equal(["serve", "--port=81", "/models/a b", "{x}"], command.Arguments);
        Assert.Equal(":81", command.Environment["URL"]);
    }

    private static (IReadOnlyList<string>? Words, string? Fault) Read(string text)
    {
        var variables = new Variables(_ => text);
        return (CommandLine.Read(variables, "ROUSE_X_COMMAND"), variables.Fault);
    }
}
