using System.Security.Cryptography;
using System.Text;
using Rouse.Cli.Tests.Fakes;

namespace Rouse.Cli.Tests;

internal sealed record Ended(ExitCode Exit, string Out, string Error);

/// <summary>Runs the program in this process, with a terminal, environment and folder of its own.</summary>
internal sealed class Cli : IDisposable
{
    /// <summary>A hang is told as one instead of stopping the whole run.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _interrupt = new();

    public Cli(FakeApi? server = null)
    {
        if (server is not null) _variables["ROUSE_SERVER"] = server.Address.ToString();
        Folder = Directory.CreateTempSubdirectory("rouse-cli-").FullName;
    }

    public string Folder { get; }

    public bool IsTerminal { get; init; }

    public string Input { get; init; } = "";

    public HeardWriter Error { get; } = new();

    public HeardWriter Out { get; } = new();

    public Cli With(string variable, string value)
    {
        _variables[variable] = value;
        return this;
    }

    public void CtrlC() => _interrupt.Cancel();

    public async Task<Ended> RunAsync(params string[] args)
    {
        var exit = await RouseProgram.RunAsync(args, Host(), _interrupt.Token).WaitAsync(s_limit);
        return new Ended((ExitCode)exit, Out.ToString(), Error.ToString());
    }

    public CliHost Host() => new()
    {
        Out = Out,
        Error = Error,
        OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
        OutIsTerminal = IsTerminal,
        ErrorIsTerminal = IsTerminal,
        Unicode = true,
        Variable = _variables.GetValueOrDefault,
        Folder = Folder,
        Time = TimeProvider.System,
        FillRandom = bytes => RandomNumberGenerator.Fill(bytes),
    };

    public void Dispose()
    {
        _interrupt.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A writer that can be waited on until it has heard some words.</summary>
internal sealed class HeardWriter : StringWriter
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HeardWriter()
        : base(System.Globalization.CultureInfo.InvariantCulture)
    {
    }

    public async Task HearAsync(string words)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (base.ToString().Contains(words, StringComparison.Ordinal)) return;
                more = _more.Task;
            }

            await more.WaitAsync(s_limit);
        }
    }

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void Write(string? value)
    {
        TaskCompletionSource more;
        lock (_gate)
        {
            base.Write(value);
            more = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        more.SetResult();
    }

    public override string ToString()
    {
        lock (_gate) return base.ToString();
    }
}
