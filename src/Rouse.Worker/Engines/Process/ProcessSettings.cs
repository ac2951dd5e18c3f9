using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Supervision;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Process;

/// <summary>What is started or spoken to, and how a job becomes a request.</summary>
internal sealed record ProcessSettings : EngineSettings
{
    /// <summary>More would be more requests than any server for models works on at a time.</summary>
    public const int MaxConcurrency = 1_024;

    /// <summary>Seconds; a day.</summary>
    private const int MaxSeconds = 86_400;

    /// <summary>Null where somebody else runs the server.</summary>
    public ServerCommand? Command { get; init; }

    /// <summary>The server of somebody else.</summary>
    public Uri? Url { get; init; }

    /// <summary>Null: a free one.</summary>
    public int? Port { get; init; }

    public string HealthPath { get; init; } = "/health";

    public SupervisionLimits Limits { get; init; } = new();

    public int Concurrency { get; init; } = 1;

    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>Null: each job names its own.</summary>
    public string? Path { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(600);

    public string? Key { get; init; }

    /// <summary>Whether the output of a streamed job repeats its parts, for callers that do not read the stream.</summary>
    public bool Aggregates { get; init; } = true;

    /// <summary>Of jobs that go to <see cref="Path"/>.</summary>
    public PollPlan? Poll { get; init; }

    public bool AllowsCode { get; init; }

    /// <summary>The command or the server's environment asks for the model's folder.</summary>
    public override bool NeedsModel => Command is { } command && command.Arguments.Concat(command.Environment.Values).Any(static text => text.Contains("{model}", StringComparison.Ordinal));

    public override FileSelection? Files => NeedsModel ? new AllFiles(AllowsCode) : null;

    public override IEnumerable<string> Secrets => [.. Key is null ? [] : new[] { Key }, .. Command?.Secrets ?? []];

    public static ProcessSettings? Read(Variables variables)
    {
        var words = CommandLine.Read(variables, ProcessVariables.Command);
        var environment = CommandLine.ReadEnvironment(variables, ProcessVariables.Environment);
        var url = variables.Optional(ProcessVariables.Url);
        if (variables.Fault is not null) return null;
        if (words is null == url is null) return variables.Fail<ProcessSettings>($"Set {ProcessVariables.Command} (what starts the server) or {ProcessVariables.Url} (where one runs), not both.");
        if (url is not null && !Variables.IsHttp(url)) return variables.Fail<ProcessSettings>($"{ProcessVariables.Url} must be an http or https URL.");
        return new ProcessSettings
        {
            Command = words is null ? null : new ServerCommand("server", words)
            {
                Environment = environment,
                Passed = variables.Optional(ProcessVariables.Passed)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
                Folder = variables.Optional(ProcessVariables.Folder),
            },
            Url = url is null ? null : new Uri(url.TrimEnd('/')),
            Port = variables.Number(ProcessVariables.Port, 0, 1, 65_535) is var port and > 0 ? port : null,
            HealthPath = ReadPath(variables, ProcessVariables.HealthPath) ?? "/health",
            Limits = new SupervisionLimits
            {
                StartLimit = TimeSpan.FromSeconds(variables.Number(ProcessVariables.StartTimeout, 900, 1, MaxSeconds)),
                HangLimit = TimeSpan.FromSeconds(variables.Number(ProcessVariables.HangTimeout, 300, 0, MaxSeconds)),
            },
            Concurrency = variables.Number(ProcessVariables.Concurrency, 1, 1, MaxConcurrency),
            Method = ReadMethod(variables),
            Path = ReadPath(variables, ProcessVariables.Path),
            Timeout = TimeSpan.FromSeconds(variables.Number(ProcessVariables.Timeout, 600, 1, MaxSeconds)),
            Key = variables.Optional(ProcessVariables.Key),
            Aggregates = variables.Switch(ProcessVariables.Aggregate, fallback: true),
            Poll = ReadPoll(variables),
            AllowsCode = variables.Switch(ProcessVariables.AllowCode, fallback: false),
        };
    }

    private static HttpMethod ReadMethod(Variables variables)
    {
        if (variables.Optional(ProcessVariables.Method) is not { } text) return HttpMethod.Post;
        if (RequestReader.Method(text) is { } method) return method;
        variables.Fail($"{ProcessVariables.Method} must be one of {RequestReader.Methods}.");
        return HttpMethod.Post;
    }

    private static string? ReadPath(Variables variables, string name)
    {
        if (variables.Optional(name) is not { } path) return null;
        return ServerPath.Fault(path) is { } fault ? variables.Fail<string>($"{name} {fault}.") : path;
    }

    private static PollPlan? ReadPoll(Variables variables)
    {
        if (variables.Optional(ProcessVariables.Poll) is not { } text) return null;
        return PollPlan.TryParse(text, out var plan, out var fault) ? plan : variables.Fail<PollPlan>($"{ProcessVariables.Poll}: {fault}");
    }
}
