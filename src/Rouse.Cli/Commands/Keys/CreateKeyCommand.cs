using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Settings;
using Rouse.Contracts.Tenants;
using Rouse.Server;

namespace Rouse.Cli.Commands.Keys;

/// <summary>Makes a key and prints it, once.</summary>
internal sealed class CreateKeyCommand : CliCommand
{
    private readonly Argument<string> _name;
    private readonly Option<string[]> _scopes;
    private readonly Option<TimeSpan?> _expires;
    private readonly Option<string?> _tenant;
    private readonly Option<string?> _data;
    private readonly Option<string?> _database;

    public CreateKeyCommand(CliContext cli)
        : base(cli, "create", "Makes a key for the server and shows it once.")
    {
        _name = Declare(new Argument<string>("name") { Description = "What it is for, to know it again in the list." });
        _scopes = Declare(new Option<string[]>("--scope")
        {
            Description = "What it may do: read, run, deploy, keys, each with those before it, and admin. Default: deploy.", HelpName = "scope", AllowMultipleArgumentsPerToken = true,
        });
        _expires = DeclareDuration("--expires", "When it ends by itself, for example 720h. Default: never.");
        _tenant = Declare(new Option<string?>("--tenant") { Description = "Whose it is, for the operator. Default: your own tenant.", HelpName = "tenant" });
        _data = Declare(new Option<string?>("--data") { Description = "Make it without a server, in the data folder of one that does not run. Default scopes: all.", HelpName = "folder" });
        _database = Declare(new Option<string?>("--database") { Description = "With --data: as for `serve`.", HelpName = "connection" });
    }

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} ci --scope run", "may look, and send jobs"),
        new($"{Line} laptop --scope keys --tenant alice", "everything of alice's, made by the operator"),
        new($"{Line} operator --data /var/lib/rouse", "the first key, before the server has started"),
        new($"export ROUSE_API_KEY=$({Line} me -q)", "for this shell"),
    ];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var scopes = args.GetValue(_scopes) is { Length: > 0 } given ? given : null;
        var request = new CreateKeyRequest
        {
            Name = args.GetValue(_name), Scopes = scopes, Tenant = args.GetValue(_tenant), ExpiresInSeconds = (long?)args.GetValue(_expires)?.TotalSeconds,
        };
        CreatedKey? made;
        if (args.GetValue(_data) is { } folder)
        {
            try
            {
                using var settings = new OperatorSettings(session.Host, ct);
                var host = session.With(settings.Variable).Host;
                var server = new RouseHostOptions { DataFolder = host.ResolvePath(folder), Database = args.GetValue(_database), Time = session.Time };
                made = await OfflineKeys.CreateAsync(MasterKeyEnvironment.Complete(server, host), request, ct);
            }
            catch (RouseHostException refused)
            {
                return session.Fail(new Failure(ExitCode.Failed, "CANNOT_CREATE", $"the key cannot be made: {refused.Message}", "ask the running server: leave --data out"));
            }
        }
        else
        {
            var reply = await session.Api.CreateKeyAsync(request, session.NewKey(), ct);
            if (!reply.TryGet(out made, out var failure)) return session.Fail(failure);
        }

        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(made, ClientJson.Api.CreatedKey);
        else screen.Result(made.Key);
        screen.Note($"{made.Id} of {made.Tenant} may {string.Join(", ", made.Scopes)}. It is shown this once: keep it.");
        return ExitCode.Ok;
    }
}
