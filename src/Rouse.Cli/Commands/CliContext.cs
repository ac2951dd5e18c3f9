using System.Buffers.Binary;
using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands;

/// <summary>The host and the options that every command shares.</summary>
internal sealed class CliContext(CliHost host)
{
    public const string ServerVariable = "ROUSE_SERVER";
    public const string KeyVariable = "ROUSE_API_KEY";
    private const string DefaultServer = "http://127.0.0.1:8080";

    public CliHost Host => host;

    public Option<Uri> Server { get; } = new("--server")
    {
        Description = $"The server's address. Default: {ServerVariable}, else {DefaultServer}.",
        HelpName = "url",
        Recursive = true,
        DefaultValueFactory = result => ParseServer(result, host.Variable(ServerVariable) is { Length: > 0 } set ? set : DefaultServer),
        CustomParser = result => ParseServer(result, result.Tokens[0].Value),
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print the id, or nothing but the result.", Recursive = true };

    public Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "Tell each HTTP call; line by line, also on a terminal.", Recursive = true,
    };

    public Session Open(ParseResult args, OutputFormat format)
    {
        var screen = new Screen(host, format, args.GetValue(Quiet), args.GetValue(Verbose));
        return Session.Open(host, screen, args.GetValue(Server)!, host.Variable(KeyVariable));
    }

    private static Uri ParseServer(System.CommandLine.Parsing.ArgumentResult result, string text)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") return new Uri(text.TrimEnd('/') + "/");
        result.AddError($"'{text}' is not a server's address: write http://host:port.");
        return new Uri(DefaultServer);
    }
}

/// <summary>One run of one command.</summary>
internal sealed class Session(CliHost host, Screen screen, RouseClient api, HttpClient http) : IDisposable
{
    public CliHost Host => host;

    public Screen Screen => screen;

    public RouseClient Api => api;

    public TimeProvider Time => host.Time;

    public static Session Open(CliHost host, Screen screen, Uri server, string? apiKey)
    {
        // One handler for one short run; the connection's age does not matter, its reuse does.
        var http = new HttpClient { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"rouse/{ProductVersion.Text}");
        if (!string.IsNullOrEmpty(apiKey)) http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {apiKey}");
        var calls = new HttpCalls(http, host.Time, () => Chance(host), screen.Trace);
        return new Session(host, screen, new RouseClient(calls, new EventStream(calls, host.Time, () => Chance(host))), http);
    }

    /// <summary>The same with other variables.</summary>
    public Session With(Func<string, string?> variable) => new(host with { Variable = variable }, screen, api, http);

    /// <inheritdoc cref="Screen.Fail"/>
    public ExitCode Fail(Failure failure) => screen.Fail(failure);

    public string NewKey()
    {
        var bytes = new byte[16];
        host.FillRandom(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public void Dispose() => http.Dispose();

    private static double Chance(CliHost host)
    {
        var bytes = new byte[4];
        host.FillRandom(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) / (double)uint.MaxValue;
    }
}
