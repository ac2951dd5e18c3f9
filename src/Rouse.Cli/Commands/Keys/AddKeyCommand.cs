using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Contracts.Tenants;

namespace Rouse.Cli.Commands.Keys;

/// <summary>Tells the server a Runpod key: the first of an account, or the one that takes an older one's place.</summary>
internal sealed class AddKeyCommand : CliCommand
{
    private const string Variable = "RUNPOD_API_KEY";

    private readonly Argument<string> _name;

    public AddKeyCommand(CliContext cli)
        : base(cli, "add", $"Adds the Runpod key in {Variable} to your tenant.")
        => _name = Declare(new Argument<string>("name") { Description = "To know it again in the list." });

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Variable}=$NEW {Line} laptop-2027", "then revoke the old one, here and at Runpod"),
    ];

    public override string Remarks =>
        "What you have deployed on the key's account is looked after with this key from then on. The key is read from the variable, because arguments can be seen by others.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        if (session.Host.Variable(Variable)?.Trim() is not { Length: > 0 } key)
        {
            return session.Fail(Failure.Usage($"{Variable} is not set", $"put the key there: {Variable}=… {Line} <name>"));
        }

        var reply = await session.Api.AddRunpodKeyAsync(new AddRunpodKeyRequest { ApiKey = key, Name = args.GetValue(_name) }, ct);
        if (!reply.TryGet(out var added, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(added, ClientJson.Api.KeyView);
        else session.Screen.Result(added.Id);
        return ExitCode.Ok;
    }
}
