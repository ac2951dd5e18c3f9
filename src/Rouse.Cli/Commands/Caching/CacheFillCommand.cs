using System.CommandLine;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Caching;

/// <summary>For the operator: has a model put into the shared cache ahead of its first deployment.</summary>
internal sealed class CacheFillCommand : CliCommand
{
    private readonly Argument<string> _model;

    public CacheFillCommand(CliContext cli, string name)
        : base(cli, name, "Puts a model into the shared cache. For the operator.")
        => _model = Declare(new Argument<string>("model") { Description = "org/name[@revision] of the hub, on the operator's list of allowed models." });

    public override IReadOnlyList<Example> Examples => [new($"{Line} stabilityai/sd-turbo", "what its main branch is now")];

    public override string Remarks => "Returns as soon as the wish is taken; `rouse cache list` shows what became of it. Needs a key with the scope admin.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.FillCacheAsync(args.GetValue(_model)!, ct);
        if (!reply.TryGet(out var entry, out var failure)) return session.Fail(failure);
        if (session.Screen.IsJson) session.Screen.ResultJson(entry, ClientJson.Api.CacheEntryView);
        else session.Screen.Result($"{entry.ModelId} at {entry.Commit}: {entry.State}");
        return ExitCode.Ok;
    }
}
