using System.Globalization;
using System.Text;
using Spectre.Console;

namespace Rouse.Cli.Terminal;

/// <summary>Turns Spectre's markup into what a stream may show: with control sequences on a terminal, plain text elsewhere.</summary>
internal sealed class Ansi
{
    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
    private readonly Lock _rendering = new();
    private readonly IAnsiConsole _console;

    public Ansi(bool styled) => _console = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new Unwrapped(_text),
        Ansi = styled ? AnsiSupport.Yes : AnsiSupport.No,
        ColorSystem = styled ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
    });

    public string Render(string markup)
    {
        lock (_rendering)
        {
            _text.GetStringBuilder().Clear();
            _console.Markup(markup);
            return _text.ToString();
        }
    }

    /// <summary>A line stays a line: scripts want rows whole, and terminals wrap by themselves.</summary>
    private sealed class Unwrapped(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => 100_000;

        public int Height => 1000;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
