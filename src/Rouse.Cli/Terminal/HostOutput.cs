using System.Text;
using Spectre.Console;

namespace Rouse.Cli.Terminal;

/// <summary>A stream of the host as Spectre's output. What is no terminal is never wrapped: a script wants a row in one line.</summary>
internal sealed class HostOutput(TextWriter writer, bool isTerminal, Func<int> width) : IAnsiConsoleOutput
{
    private const int NeverWrapped = 10_000;

    public TextWriter Writer => writer;

    public bool IsTerminal => isTerminal;

    public int Width => isTerminal ? width() : NeverWrapped;

    public int Height => 1000;

    public void SetEncoding(Encoding encoding)
    {
    }
}
