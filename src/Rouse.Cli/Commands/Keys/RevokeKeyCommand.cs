using System.CommandLine;

namespace Rouse.Cli.Commands.Keys;

internal sealed class RevokeKeyCommand : CliCommand
{
    private readonly Argument<string> _key;
    private readonly Option<string?> _tenant;

    public RevokeKeyCommand(CliContext cli)
        : base(cli, "revoke", "Ends a key: it is refused from now on.", formatOption: "")
    {
        _key = Declare(new Argument<string>("id") { Description = "As `rouse keys list` shows it." });
        _tenant = Declare(new Option<string?>("--tenant") { Description = "Another tenant's, for the operator.", HelpName = "tenant" });
    }

    public override IReadOnlyList<Example> Examples => [new($"{Line} key_01h…", "at once on this server, within 5 s on its replicas")];

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var id = args.GetValue(_key)!;
        var reply = await session.Api.RevokeKeyAsync(id, args.GetValue(_tenant), ct);
        if (!reply.TryGet(out _, out var failure)) return session.Fail(failure);
        session.Screen.Note($"{id} is revoked.");
        return ExitCode.Ok;
    }
}
