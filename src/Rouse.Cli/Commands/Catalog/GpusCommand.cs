using System.CommandLine;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Catalog;

/// <summary>Shows what can be had now.</summary>
internal sealed class GpusCommand : CliCommand
{
    private readonly Option<string?> _region;

    public GpusCommand(CliContext cli)
        : base(cli, "gpus", "Shows GPUs that can be had now, with price and stock, the cheapest first.")
        => _region = Declare(new Option<string?>("--region") { Description = "Only what can be had there.", HelpName = "region" });

    public override IReadOnlyList<Example> Examples =>
    [
        new(Line, "all offers of all providers of the server"),
        new($"{Line} --region EU", "only in one part of the world"),
        new($"{Line} -o json", "for a program"),
    ];

    public override string Remarks => "A provider that does not answer is named on stderr; the others' offers are shown.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        var reply = await session.Api.GpusAsync(args.GetValue(_region), ct);
        if (!reply.TryGet(out var list, out var failure)) return session.Fail(failure);
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(list, ClientJson.Api.GpuList);
        else if (screen.Quiet) list.Gpus.Where(offer => offer.Stock is not "none").ToList().ForEach(offer => screen.Result(offer.Hardware));
        else if (list.Gpus.Count > 0) Columns.Write(screen, [OfferTable.Titles, .. list.Gpus.Select(OfferTable.Row)]);
        else if (list.Providers.Count == 0) screen.Note("This server has no provider that sells GPUs.");
        foreach (var asked in list.Providers.Where(asked => asked.Error is not null)) screen.Note($"{asked.Provider}: {asked.Error}");
        return ExitCode.Ok;
    }
}
