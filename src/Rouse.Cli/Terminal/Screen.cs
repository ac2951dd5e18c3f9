using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Rouse.Cli.Api;
using Spectre.Console;

namespace Rouse.Cli.Terminal;

internal enum OutputFormat
{
    Table,
    Json,
}

/// <summary>
/// The two streams of a command: results on stdout, everything for a person's eyes on stderr. Colour only on a terminal that may show it
/// (NO_COLOR, TERM=dumb: https://no-color.org), a display redrawn in place only where stderr is a terminal.
/// </summary>
internal sealed class Screen
{
    private readonly CliHost _host;
    private readonly Ansi _results;
    private readonly Ansi _notes;

    public Screen(CliHost host, OutputFormat format, bool quiet, bool verbose)
    {
        var dumb = host.Variable("TERM") is "dumb";
        var mayStyle = string.IsNullOrEmpty(host.Variable("NO_COLOR")) && !dumb;
        _host = host;
        _results = new Ansi(host.OutIsTerminal && mayStyle);
        _notes = new Ansi(host.ErrorIsTerminal && mayStyle);
        Format = format;
        Quiet = quiet;
        Verbose = verbose;
        // Verbose writes lines at any time, which a display that is redrawn in place cannot have between its own.
        IsLive = host.ErrorIsTerminal && !dumb && !quiet && !verbose;
    }

    public OutputFormat Format { get; }

    public bool IsJson => Format is OutputFormat.Json;

    public bool Quiet { get; }

    public bool Verbose { get; }

    /// <summary>Whether progress may be redrawn in place.</summary>
    public bool IsLive { get; }

    public bool Unicode => _host.Unicode;

    /// <summary>A result, as it is.</summary>
    public void Result(string line) => _host.Out.WriteLine(line);

    public void ResultMarkup(string markup) => Result(_results.Render(markup));

    public void ResultJson<T>(T value, JsonTypeInfo<T> type) => Result(JsonSerializer.Serialize(value, type));

    /// <summary>A remark for people; left out with <c>--quiet</c>.</summary>
    public void Note(string line)
    {
        if (!Quiet) _host.Error.WriteLine(line);
    }

    /// <summary>A remark in Spectre's markup; left out with <c>--quiet</c>.</summary>
    public void NoteMarkup(string markup) => Note(_notes.Render(markup));

    /// <summary>Markup as stderr may show it, for a region that is drawn with <see cref="Raw"/>.</summary>
    public string Ansi(string markup) => _notes.Render(markup);

    /// <summary>Straight to the terminal, control sequences included.</summary>
    public void Raw(string text)
    {
        _host.Error.Write(text);
        _host.Error.Flush();
    }

    public void Trace(string line)
    {
        if (Verbose) _host.Error.WriteLine(line);
    }

    /// <summary>Tells what went wrong and what to do next, and hands back the exit code.</summary>
    public ExitCode Fail(Failure failure)
    {
        if (IsJson)
        {
            var told = new ToldFailure(new ToldError(failure.Code, failure.What, failure.Next, (int)failure.Exit));
            _host.Error.WriteLine(JsonSerializer.Serialize(told, ClientJson.Line.ToldFailure));
            return failure.Exit;
        }

        _host.Error.WriteLine(_notes.Render($"{Tint("red", "error:")} {Markup.Escape(failure.What)} {Tint("dim", $"[{failure.Code}]")}"));
        _host.Error.WriteLine(_notes.Render($"{Tint("dim", " next:")} {Markup.Escape(failure.Next)}"));
        return failure.Exit;
    }

    /// <summary>Markup of a text in a style.</summary>
    public static string Tint(string style, string text) => $"[{style}]{Markup.Escape(text)}[/]";

    /// <summary>A phase or job status in the colour of how it stands.</summary>
    public static string TintStatus(string status, string shown) => status switch
    {
        "ready" or "COMPLETED" => Tint("green", shown),
        "failed" or "FAILED" or "TIMED_OUT" => Tint("red", shown),
        "deleted" or "deleting" or "hibernated" or "CANCELLED" => Tint("dim", shown),
        _ => Tint("yellow", shown),
    };
}
