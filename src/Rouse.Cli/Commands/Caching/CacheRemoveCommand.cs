using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Caching;

/// <summary>For the operator: removes a model from the shared cache.</summary>
internal sealed class CacheRemoveCommand : CliCommand
{
    private readonly Argument<string> _model;

    public CacheRemoveCommand(CliContext cli, string name)
        : base(cli, name, "Removes every copy of a model from the shared cache. For the operator.")
        => _model = Declare(new Argument<string>("model") { Description = "org/name." });

    public override IReadOnlyList<Example> Examples => [new($"{Line} stabilityai/sd-turbo", "its workers load from the hub again")];

    public override string Remarks => "What runs goes on. While the model stays on the operator's list, its next deployment with --cache shared puts it there again.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.EmptyCacheAsync(args.GetValue(_model)!, ct);
        if (!reply.TryGet(out var removal, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(removal, ClientJson.Api.CacheRemovalReply);
        else session.Screen.Result(removal.Removing == 0 ? "Nothing of it lies there." : $"{removal.Removing.ToString(CultureInfo.InvariantCulture)} removed.");
        return ExitCode.Ok;
    }
}
