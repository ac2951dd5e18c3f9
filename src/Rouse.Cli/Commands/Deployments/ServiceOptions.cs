using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>What may be said of a service on the command line. Values are checked by the server, which knows them best.</summary>
internal sealed class ServiceOptions
{
    private readonly Option<string?> _image;
    private readonly Option<string?> _pod;
    private readonly Option<string?> _url;
    private readonly Option<string?> _arguments;
    private readonly Option<string[]> _variables;
    private readonly Option<int?> _port;
    private readonly Option<string?> _health;
    private readonly Option<int?> _concurrency;
    private readonly Option<int?> _queue;
    private readonly Option<TimeSpan?> _wake;
    private readonly Option<TimeSpan?> _response;
    private readonly Option<int?> _vram;
    private readonly Option<string?> _volume;
    private readonly Option<string?> _fallback;

    public ServiceOptions(CliCommand command)
    {
        _image = Text("--image", "image", "In place of a model: a container image that speaks HTTP. A Runpod pod is made from it, or with --provider runpod a Serverless endpoint.");
        _pod = Text("--pod", "id", "In place of a model: a Runpod pod of yours. It is started and stopped, and never deleted.");
        _url = Text("--url", "url", "In place of a model: a server that runs already.");
        _arguments = Text("--args", "text", "With --image: the container's arguments, written --args=\"--fast\".");
        _variables = command.Declare(new Option<string[]>("--env")
        {
            Description = "With --image: a variable of the container, NAME=value, or NAME for its value here, which other users do not see. May be repeated.", HelpName = "variable",
        });
        _port = Number("--port", "port", "The port that the container or pod listens on. Default: 8000.");
        _health = Text("--health-path", "path", "Answers 200 once it can work. Default: /health.");
        _concurrency = Number("--concurrency", "requests", "Requests that it works on at a time. Default: 1.");
        _queue = Number("--max-queue", "requests", "Requests held while it wakes or is busy; one more is answered 429. Default: 50.");
        _wake = command.DeclareDuration("--wake-timeout", "A request is held so long at most until it wakes. Default: 5m.");
        _response = command.DeclareDuration("--response-timeout", "It may take so long to begin its answer. Default: 10m.");
        _vram = Number("--vram", "gb", "With --image: GB that its GPU must have.");
        _volume = Text("--network-volume", "id", "With --image: a network volume that goes with it from machine to machine.");
        _fallback = Text("--fallback", "policy", "With --image: none, host (default) or gpu: how far a wake may go when its machine has no free GPU.");

        Option<string?> Text(string name, string value, string description)
            => command.Declare(new Option<string?>(name) { Description = description, HelpName = value });
        Option<int?> Number(string name, string value, string description)
            => command.Declare(new Option<int?>(name) { Description = description, HelpName = value });
    }

    /// <summary>Whether one of the options names a service.</summary>
    public bool IsNamed(ParseResult args) => Source(args) is not null;

    /// <summary>What a name may be made of.</summary>
    public string? Source(ParseResult args) =>
        args.GetValue(_image) is { } image ? image.Split('@')[0].Split('/')[^1].Split(':')[0]
        : args.GetValue(_pod) is { } pod ? $"pod-{pod}"
        : args.GetValue(_url) is { } url ? Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Host : url
        : null;

    public Reply<ServiceBody> Read(ParseResult args, CliHost host)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in args.GetValue(_variables) ?? [])
        {
            var (name, value) = text.Split('=', 2) is [var left, var right] ? (left, right) : (text, host.Variable(text));
            if (value is null) return Failure.Usage($"the variable {name} is not set", $"export {name}, or write --env {name}=value");
            variables[name] = value;
        }

        return new ServiceBody
        {
            Image = args.GetValue(_image),
            PodId = args.GetValue(_pod),
            Upstream = args.GetValue(_url),
            Args = args.GetValue(_arguments),
            Env = variables.Count > 0 ? variables : null,
            Port = args.GetValue(_port),
            HealthPath = args.GetValue(_health),
            Concurrency = args.GetValue(_concurrency),
            MaxQueue = args.GetValue(_queue),
            WakeTimeoutSeconds = WholeSeconds(args.GetValue(_wake)),
            ResponseTimeoutSeconds = WholeSeconds(args.GetValue(_response)),
            VramGb = args.GetValue(_vram),
            NetworkVolume = args.GetValue(_volume),
            Fallback = args.GetValue(_fallback),
        };
    }

    private static int? WholeSeconds(TimeSpan? time) => time is { } t ? (int)Math.Ceiling(t.TotalSeconds) : null;
}
