using System.Text.Json.Nodes;
using Rouse.Contracts.Deployments;
using Rouse.FakeRunpod.Http;

namespace Rouse.Bench.Runpod;

/// <content>What is told of it.</content>
internal sealed partial class RunpodLoad
{
    private void PrintTimes(IReadOnlyList<DeploymentView> ready, IReadOnlyList<double> warm, IReadOnlyList<DeploymentView> deleted)
    {
        var (wakes, creates, deletes) = (Wakes(), Creates(), Deletes());
        Console.WriteLine("| of each | n | p50 ms | p99 ms | max ms |\n|---|---:|---:|---:|---:|");
        Console.WriteLine(Figures.Row("POST answered", ready.Select(view => _answeredIn[view.DeploymentId])));
        Console.WriteLine(Figures.Row("POST sent → its create at the provider", ready.Select(view => Between(_postedAt[view.DeploymentId], creates[view.RunpodEndpointId!]))));
        Console.WriteLine(Figures.Row("POST sent → the job that wakes it at the provider", ready.Select(Before)));
        Console.WriteLine(Figures.Row("worker up → told ready", ready.Select(After)));
        Console.WriteLine(Figures.Row("**Rouse's own time: the two rows above together**", ready.Select(view => Before(view) + After(view))));
        Console.WriteLine(Figures.Row("DELETE sent → the endpoint deleted at the provider", deleted.Select(view => SinceDelete(view, deletes[view.RunpodEndpointId!]))));
        Console.WriteLine(Figures.Row("DELETE sent → told that the list shows nothing of it", deleted.Select(view => SinceDelete(view, view.ResourcesReleasedAt!.Value))));
        Console.WriteLine(Figures.Row("warm hit: POST answered ready", warm));

        double SinceDelete(DeploymentView view, DateTimeOffset at) => Between(_deletedAt[view.DeploymentId], at);
        double Before(DeploymentView view) => Between(_postedAt[view.DeploymentId], wakes[view.RunpodEndpointId!]);
        double After(DeploymentView view) => Between(_upAt[view.DeploymentId], view.ReadyAt!.Value);
    }

    private void PrintTotals(TimeSpan accepted, TimeSpan waited, TimeSpan removed, double calls, long resident, int left)
    {
        Console.WriteLine();
        Console.WriteLine(
            "| calls a second while waiting | CPU while waiting | CPU ms a deployment, to ready | to delete | RSS MiB, all ready | most | endpoints left | containers left |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|");
        var (containers, most) = (_runpod.LivingContainers() + _runpod.LivingContainers(StarvedAccount), _server.PeakMiB);
        var (toReady, toDelete) = (accepted.TotalMilliseconds / _count, removed.TotalMilliseconds / _count);
        Figures.Say($"| {calls:F2} | {waited / _waiting:P0} of a core | {toReady:F1} | {toDelete:F1} | {resident} | {most} | {left} | {containers} |");
    }

    private void PrintStarved((DeploymentView View, TimeSpan Took) starved)
    {
        var creates = _runpod.Calls.Where(call => call is { Method: "POST", Path: "/v2/serverless", Account: StarvedAccount }).ToList();
        var seed = creates.Any(call => SeedRule.MovesOn(call.Status, call.Response)) ? "yes" : "never";
        var known = SeedRule.CapacityTexts.Count(text => SeedRule.MovesOn(400, text));
        Console.WriteLine();
        Console.WriteLine("| without a GPU on two offers | creates | leaves the first | ready |\n|---|---:|---|---|");
        var (view, answers) = (starved.View, string.Join(", ", creates.Select(call => call.Status)));
        Figures.Say($"| Rouse | {creates.Count} ({answers}) | yes | {view.Status}, attempt {view.Attempt} on {view.GpuAllocated}, after {starved.Took.TotalSeconds:F1} s |");
        var texts = SeedRule.CapacityTexts.Count;
        Figures.Say($"| the seed's rule on the same answers | 1 ({creates[0].Status}) | {seed}; its words are in {known} of Runpod's {texts} capacity texts | no: its timeout |");
    }

    /// <summary>By endpoint.</summary>
    private Dictionary<string, DateTimeOffset> Creates() => _runpod.Calls
        .Where(call => call is { Method: "POST", Path: "/v2/serverless", Account: FleetAccount, Status: 201 })
        .ToDictionary(call => JsonNode.Parse(call.Response)!["id"]!.GetValue<string>(), call => call.At, StringComparer.Ordinal);

    private Dictionary<string, DateTimeOffset> Deletes() => _runpod.Calls
        .Where(call => call is { Method: "DELETE", Account: FleetAccount, Status: 204 })
        .GroupBy(call => call.Path.Split('/')[^1], StringComparer.Ordinal)
        .ToDictionary(calls => calls.Key, calls => calls.Min(call => call.At), StringComparer.Ordinal);

    private static double Between(DateTimeOffset from, DateTimeOffset to) => (to - from).TotalMilliseconds;
}
