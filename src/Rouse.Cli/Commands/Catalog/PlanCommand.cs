using System.CommandLine;
using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Commands.Deployments;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Catalog;

namespace Rouse.Cli.Commands.Catalog;

/// <summary>What <c>up</c> with the same line would need, get and cost.</summary>
internal sealed class PlanCommand : CliCommand
{
    private readonly UpOptions _options;

    public PlanCommand(CliContext cli)
        : base(cli, "plan", "Tells what a deployment would need, get and cost. Creates nothing.")
        => _options = new UpOptions(this, takesServices: true);

    public override IReadOnlyList<Example> Examples =>
    [
        new($"{Line} stabilityai/sd-turbo", "GPU memory, offers with live price and stock, start time"),
        new($"{Line} org/name --gpu-tier A10 --region EU", "the same options as rouse up"),
        new($"{Line} org/name -q && rouse up org/name", "for scripts: the first offer, exit code 1 when there is none"),
    ];

    public override string Remarks =>
        "Prices of pictures count busy time only: starts and idle time come on top. 'prior' is an assumption, used until jobs of the model were measured.";

    protected override async Task<ExitCode> RunAsync(Session session, ParseResult args, CancellationToken ct)
    {
        if (!_options.Read(args, session.Host).TryGet(out var request, out var failure)) return session.Fail(failure);
        if (!(await session.Api.PlanAsync(request, ct)).TryGet(out var plan, out failure)) return session.Fail(failure);
        var screen = session.Screen;
        if (screen.IsJson) screen.ResultJson(plan, ClientJson.Api.PlanReply);
        else if (screen.Quiet) plan.Offers.Take(1).ToList().ForEach(offer => screen.Result(offer.Hardware));
        else Show(screen, plan);
        if (plan.Fits) return ExitCode.Ok;
        var next = plan.Retryable == true ? "this may pass: `rouse up` would wait for it" : "change the request as the message says, and plan again";
        return session.Fail(new Failure(ExitCode.Failed, plan.ErrorCode ?? "unknown", plan.Error ?? "the server gave no reason", next));
    }

    private static void Show(Screen screen, PlanReply plan)
    {
        screen.Result($"model   {plan.ModelId}{(plan.Commit is { Length: > 12 } commit ? $" at {commit[..12]}" : "")}");
        if (plan.Need is { } need)
        {
            screen.Result(string.Create(CultureInfo.InvariantCulture, $"needs   {need.VramGb} GB of GPU memory ({need.Basis}){Parameters(need)}"));
        }

        if (plan.Engine is { } engine) screen.Result($"engine  {engine}, for {plan.Task}");
        screen.Result($"start   about {Measures.Seconds(plan.ColdStart.EstimatedReadySeconds)} ({Basis(plan.ColdStart.Basis)})");
        if (plan.ColdStart.Measured is { } measured)
        {
            screen.Result($"worker  {Measures.Seconds(measured.TotalS)} of it, by {measured.Starts} {(measured.Starts == 1 ? "start" : "starts")}{Part("downloading", measured.DownloadingModelS)}{Part("loading", measured.LoadingModelS)}{Part("warming", measured.WarmingS)}");
        }

        if (plan.Balance is { } balance)
        {
            screen.Result($"balance {OfferTable.Dollars(balance.LeftUsd)} $, of which {OfferTable.Dollars(balance.SpendPerHourUsd)} $ an hour are being spent");
        }

        if (plan.Offers.Count == 0) return;
        screen.Result("");
        Columns.Write(screen, [[.. OfferTable.Titles[..^1], "$/1000 IMAGES", "GPUS"], .. plan.Offers.Select(Row)]);
    }

    private static string Part(string word, double? seconds) => seconds is { } known ? $", {word} {Measures.Seconds(known)}" : "";

    private static Cell[] Row(PlannedOffer offer)
    {
        var row = OfferTable.Row(offer);
        var basis = offer.MeasuredJobs > 0 ? string.Create(CultureInfo.InvariantCulture, $"measured, {offer.MeasuredJobs} jobs") : "prior";
        return [.. row[..^1], $"{OfferTable.Dollars(offer.PricePer1000ImagesUsd)} ({basis})", row[^1]];
    }

    private static string Parameters(ModelNeed need)
    {
        if (need.Parameters is not { Count: > 0 } counts) return "";
        var types = string.Join(", ", counts.Keys.Order(StringComparer.Ordinal));
        return string.Create(CultureInfo.InvariantCulture, $", {counts.Values.Sum() / 1e9:0.00} billion parameters in {types}");
    }

    private static string Basis(string basis) => basis switch
    {
        "model" => "past starts of this model",
        "all_models" => "past starts of other models",
        _ => "prior: nothing was started here yet",
    };
}
