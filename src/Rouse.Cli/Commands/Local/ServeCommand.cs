using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Settings;
using Rouse.Server;

namespace Rouse.Cli.Commands.Local;

/// <summary>Runs the server in the foreground.</summary>
internal sealed class ServeCommand : CliCommand
{
    public const string DefaultData = "data";

    private readonly Option<int> _port;
    private readonly Option<string> _address;
    private readonly Option<string> _data;
    private readonly Option<string?> _database;
    private readonly Option<Uri?> _publicUrl;
    private readonly Option<string?> _rootPath;
    private readonly Option<bool> _fakeRunpod;

    public ServeCommand(CliContext cli)
        : base(cli, "serve", "Runs the server until Ctrl-C.", formatOption: "")
    {
        _port = Declare(new Option<int>("--port")
        {
            Description = "0 for a free one.", HelpName = "port", DefaultValueFactory = result => ServeEnvironment.Port(result, cli.Host.Variable),
        });
        _address = Declare(new Option<string>("--host")
        {
            Description = "The address to listen on; 0.0.0.0 for all.", HelpName = "address", DefaultValueFactory = _ => ServeEnvironment.Address(cli.Host.Variable),
        });
        _data = Declare(new Option<string>("--data")
        {
            Description = "Where state, logs and models are kept.", HelpName = "folder", DefaultValueFactory = _ => ServeEnvironment.Data(cli.Host.Variable),
        });
        _database = Declare(new Option<string?>("--database")
        {
            Description = $"A PostgreSQL connection string; with a password put it into {ServeEnvironment.DatabaseVariable}, for others see a command's options. "
                + $"Default: {ServeEnvironment.DatabaseVariable}, else SQLite in the data folder.",
            HelpName = "connection",
        });
        _publicUrl = Declare(new Option<Uri?>("--public-url")
        {
            Description = $"Where callers reach this server. Default: {ServeEnvironment.PublicUrlVariable}, else where it listens.", HelpName = "url",
        });
        _publicUrl.Validators.Add(result =>
        {
            var isWeb = result.GetValueOrDefault<Uri>() is { IsAbsoluteUri: true, Scheme: "http" or "https" };
            if (!isWeb) result.AddError("--public-url takes http://… or https://…");
        });
        _rootPath = Declare(new Option<string?>("--root-path")
        {
            Description = $"The path under which a proxy serves this server, such as /deployapi. Default: {ServeEnvironment.RootPathVariable}, else that of --public-url.",
            HelpName = "path",
        });
        _fakeRunpod = Declare(new Option<bool>("--fake-runpod")
        {
            Description = "Deploys to a Runpod of this machine's own, whose GPUs are processes here: to try and to test, without a key and without cost.",
        });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "on http://127.0.0.1:8080, state in ./data"),
        new($"{Line} --port 9000 --data /var/lib/rouse", "elsewhere"),
        new($"ROUSE_ADMIN_KEY=$KEY {Line} --host 0.0.0.0", "for other machines: callers need keys"),
        new($"{Line} --fake-runpod", "against a Runpod on this machine: nothing is bought"),
        new($"RUNPOD_API_KEY=$KEY ROUSE_RUNPOD_IMAGE=me/worker:1 {Line} --public-url https://rouse.example.com", "on Runpod"),
        new($"{Line} --database \"Host=db;Username=rouse;Database=rouse\"", "on PostgreSQL"),
    ];

    public override string Remarks =>
        "Ctrl-C or SIGTERM ends it in good order (exit code 0): /readiness fails, requests are taken a while more, what is under way is finished; a second one ends it "
        + "at once. Deployments go on at the next start. Its log goes to stderr. A variable may name its value in place of holding it: sm://NAME, sm://NAME/VERSION or "
        + "sm://projects/P/secrets/NAME/versions/V in Google's Secret Manager, or file:///run/secrets/name. What cannot be read stops the start.";

    public override IReadOnlyList<(string Name, string Meaning)> Variables => ServerVariables.Help;

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        using var settings = new OperatorSettings(session.Host, ct);
        try
        {
            return await ServeAsync(session.With(settings.Variable), args, ct);
        }
        catch (RouseHostException e)
        {
            var what = $"the server cannot start: {e.Message}";
            return session.Fail(new Failure(ExitCode.Failed, "CANNOT_START", what, "`rouse doctor` shows what is missing"));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Asked to end while it started.
            return ExitCode.Ok;
        }
    }

    private async Task<ExitCode> ServeAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var options = new RouseHostOptions
        {
            DataFolder = session.Host.ResolvePath(args.GetValue(_data)!),
            Host = args.GetValue(_address)!,
            Port = args.GetValue(_port),
            Database = args.GetValue(_database),
            PublicUrl = args.GetValue(_publicUrl),
            RootPath = args.GetValue(_rootPath),
            ApiKeys = session.Host.Variable("ROUSE_API_KEYS") is { Length: > 0 } keys ? keys : null,
            EgressAllow = session.Host.Variable("ROUSE_EGRESS_ALLOW"),
            WarmPools = WarmPoolEnvironment.Read(session.Host.Variable),
            AdminKey = session.Host.Variable("ROUSE_ADMIN_KEY") is { Length: > 0 } admin ? admin : null,
            Quiet = session.Screen.Quiet,
            HandleSignals = false,
        };
        var isFake = args.GetValue(_fakeRunpod);
        var hubSet = session.Host.Variable("HF_ENDPOINT") is { Length: > 0 } set ? set : null;
        if (hubSet is not null) options = options with { HubEndpoint = hubSet };
        // A collector that reads stderr as JSON is to find nothing else there.
        Action<string> note = session.Host.Variable("ROUSE_LOG_FORMAT") is "json" ? static _ => { } : session.Screen.Note;
        options = ServeEnvironment.Complete(MasterKeyEnvironment.Complete(options, session.Host), session.Host.Variable) with { Firestore = FirestoreEnvironment.Read(session.Host.Variable) };
        options = EngineEnvironment.Complete(options, session.Host.Variable);
        options = LimitEnvironment.Complete(options, session.Host.Variable);
        options = options with { Oversight = WorkerOversight.FromEnvironment(session.Host.Variable) };
        await using var fake = isFake ? await FakeRunpodAccount.StartAsync(options, session.Host.FillRandom, ct) : null;
        await using var hub = isFake && hubSet is null ? await SampleHub.StartAsync(ct) : null;
        options = options with { Runpod = fake is null ? RunpodAccount.FromEnvironment(session.Host.Variable) : FakeRunpodAccount.Options(fake) with { Engines = options.Engines } };
        if (hub is not null) options = options with { HubEndpoint = hub.Endpoint };
        await using var server = await RouseHost.StartAsync(options, ct);
        if (fake is not null) note($"Runpod is played on this machine at {fake.ManagementUrl}: no money is spent.");
        if (hub is not null) note($"So is the model hub: it has {SampleHub.Model}. For others set HF_ENDPOINT, for example to {RouseHostOptions.PublicHub}.");
        var address = server.BaseAddress.ToString();
        session.Screen.Result(session.Screen.Quiet ? address : $"Rouse {ProductVersion.Text} listens on {address}");
        await server.WaitForShutdownAsync(ct);
        note("Rouse has ended.");
        return ExitCode.Ok;
    }
}
