using System.CommandLine;
using System.Text.RegularExpressions;
using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>What may be said of a deployment on the command line. Values are checked by the server, which knows them best.</summary>
internal sealed partial class UpOptions
{
    /// <summary>The API's limit.</summary>
    private const int MaxName = 63;

    private readonly Argument<string> _model;
    private readonly Option<string?> _name;
    private readonly Option<string?> _gpuTier;
    private readonly Option<string?> _region;
    private readonly Option<string?> _task;
    private readonly Option<string?> _engine;
    private readonly CacheOptions _cache;
    private readonly Option<string?> _token;
    private readonly Option<string?> _tokenVariable;
    private readonly Option<string?> _webhook;
    private readonly Option<int?> _min;
    private readonly Option<int?> _max;
    private readonly Option<TimeSpan?> _idle;
    private readonly Option<TimeSpan?> _start;
    private readonly Option<string?> _pool;
    private readonly Option<string?> _warmHours;
    private readonly Option<string?> _warmDays;
    private readonly Option<string?> _warmZone;
    private readonly ProviderOptions _where;
    private readonly ServiceOptions? _service;

    /// <param name="isModelNeeded">Whether the command does nothing without a model.</param>
    /// <param name="takesServices">Whether the command deploys what speaks HTTP itself, too.</param>
    public UpOptions(CliCommand command, bool isModelNeeded = true, bool takesServices = false)
    {
        _model = command.Declare(new Argument<string>("model")
        {
            Description = "A model folder on the server's machine, or org/name[@revision] of the hub.",
            Arity = isModelNeeded && !takesServices ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        });
        _name = Text("--name", "word", "A word of your choice: a-z, 0-9 and -. Default: from the model's last part.");
        _where = new ProviderOptions(command);
        if (takesServices) _service = new ServiceOptions(command);
        _gpuTier = Text("--gpu-tier", "tier", "ECONOMY, STANDARD, PRO, ULTIMATE, or a GPU such as A10, L40S, H100.");
        _region = Text("--region", "region", "Data centre or region.");
        _task = Text("--task", "task", "text2img (default), image2img, text2video, text2speech or speech2text, as far as the server's engines serve it.");
        _engine = Text("--engine", "engine", "auto (default), onnx, diffusers, a1111 or process, as far as the server offers it: what runs the model.");
        _cache = new CacheOptions(command);
        _token = Text("--hf-token", "token", "Token for gated models. While the command runs other users see it: prefer --hf-token-env.");
        _tokenVariable = Text("--hf-token-env", "variable", "The environment variable that holds the token, for example HF_TOKEN.");
        _webhook = Text("--webhook", "url", "http(s) address that is told when the deployment is ready, has failed or is deleted. Signed: see `rouse webhooks`.");
        _min = command.Declare(new Option<int?>("--min") { Description = "Workers kept while nothing is asked.", HelpName = "workers" });
        _max = command.Declare(new Option<int?>("--max") { Description = "Workers at most.", HelpName = "workers" });
        _idle = command.DeclareDuration("--idle-timeout", "A worker without work leaves after this long.");
        _start = command.DeclareDuration("--start-timeout", "A start that takes longer has failed.");
        _pool = Text("--pool", "pool", "on_demand, always_on or scheduled: whether a worker is kept although nothing is asked.");
        _warmHours = Text("--warm-hours", "hours", "With --pool scheduled: both ends, such as 09-21 (the default) or 22:30-06:00.");
        _warmDays = Text("--warm-days", "days", "With --pool scheduled: the days it begins on, such as mon-fri. Default: daily.");
        _warmZone = Text("--warm-zone", "zone", "With --pool scheduled: the time zone of the hours, such as Europe/Istanbul. Default: UTC.");

        Option<string?> Text(string name, string value, string description)
            => command.Declare(new Option<string?>(name) { Description = description, HelpName = value });
    }

    public bool HasModel(ParseResult args) => args.GetValue(_model) is { Length: > 0 };

    public Reply<CreateDeploymentRequest> Read(ParseResult args, CliHost host)
    {
        if (_service?.IsNamed(args) == true) return ReadService(_service, args, host);
        const string Next = "name a model folder, or org/name[@revision] of the hub";
        if (args.GetValue(_model) is not { Length: > 0 } model) return Failure.Usage("nothing is named to deploy", Next + ", or --image, --pod or --url");
        var folder = host.ResolvePath(model);
        var isFolder = Directory.Exists(folder);
        if (!isFolder && LooksLikePath(model)) return Failure.Usage($"there is no folder {folder}", Next);
        if (!isFolder && !HubName().IsMatch(model)) return Failure.Usage($"'{model}' is no folder and no org/name", Next);

        var token = args.GetValue(_token);
        if (args.GetValue(_tokenVariable) is { } variable)
        {
            token = host.Variable(variable);
            var next = $"export {variable}, or leave out --hf-token-env";
            if (string.IsNullOrEmpty(token)) return Failure.Usage($"the variable {variable} is not set", next);
        }

        var request = new CreateDeploymentRequest
        {
            HfModelId = isFolder ? null : model,
            ModelPath = isFolder ? folder : null,
            Name = args.GetValue(_name) ?? DefaultName(isFolder ? folder.TrimEnd(Path.DirectorySeparatorChar) : model.Split('@')[0]),
            GpuTier = args.GetValue(_gpuTier),
            Region = args.GetValue(_region),
            Task = args.GetValue(_task),
            Engine = args.GetValue(_engine),
            HfToken = token,
            UserWebhookUrl = args.GetValue(_webhook),
            Workers = Workers(args),
        };
        return _cache.Add(request, args, host).TryGet(out var cached, out var failure) ? _where.Add(cached, args, host) : failure;
    }

    private Reply<CreateDeploymentRequest> ReadService(ServiceOptions options, ParseResult args, CliHost host)
    {
        if (HasModel(args)) return Failure.Usage("a model and a service are named", "leave out one of both");
        if (!options.Read(args, host).TryGet(out var service, out var failure)) return failure;
        var request = new CreateDeploymentRequest
        {
            Service = service,
            Name = args.GetValue(_name) ?? DefaultName(options.Source(args)!),
            GpuTier = args.GetValue(_gpuTier),
            Region = args.GetValue(_region),
            UserWebhookUrl = args.GetValue(_webhook),
            Workers = Workers(args),
        };
        return _where.Add(request, args, host);
    }

    /// <summary>The last part of a path or hub name as far as a name may hold it: <c>stabilityai/SD_Turbo</c> is <c>sd-turbo</c>.</summary>
    private static string? DefaultName(string model)
    {
        var last = model.Split('/')[^1].ToLowerInvariant();
        var name = new string([.. last.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').Take(MaxName)]).Trim('-');
        return name.Length > 0 ? name : null;
    }

    private WorkerScalingBody? Workers(ParseResult args)
    {
        var schedule = new WarmScheduleBody { Hours = args.GetValue(_warmHours), Days = args.GetValue(_warmDays), TimeZone = args.GetValue(_warmZone) };
        var body = new WorkerScalingBody
        {
            Pool = args.GetValue(_pool),
            Schedule = schedule == new WarmScheduleBody() ? null : schedule,
            Min = args.GetValue(_min),
            Max = args.GetValue(_max),
            IdleTimeoutSeconds = WholeSeconds(args.GetValue(_idle)),
            StartTimeoutSeconds = WholeSeconds(args.GetValue(_start)),
        };
        return body == new WorkerScalingBody() ? null : body;
    }

    private static int? WholeSeconds(TimeSpan? time) => time is { } t ? (int)Math.Ceiling(t.TotalSeconds) : null;

    private static bool LooksLikePath(string model) => Path.IsPathRooted(model) || model.StartsWith('.') || model.StartsWith('~');

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?:@[\w./-]+)?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HubName();
}
