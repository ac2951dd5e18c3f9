using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Workers;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>Takes a worker from the wish for it to a running container: a place, the image, the start, and again after a crash.</summary>
internal sealed class WorkerStarter(RunpodWorld world)
{
    private static readonly TimeSpan FirstRestart = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait between two tries of a container that crashes; this fake's own figure.</summary>
    private static readonly TimeSpan LongestRestart = TimeSpan.FromMinutes(5);

    public void Step(ServerlessEndpoint endpoint, Worker worker, Moment moment)
    {
        if (worker.Place is null)
        {
            if (FindPlace(endpoint, worker.GpuCount) is not { } place) return;
            (worker.Place, worker.PlacedAt) = (place, moment.Now);
        }

        if (worker.Container.IsRunning || world.Script.ImagePullNeverEnds) return;
        if (!moment.IsDue(worker.RestartAt ?? worker.PlacedAt!.Value + world.Script.ImagePull)) return;
        worker.RestartAt = null;
        Start(endpoint, worker);
    }

    private void Start(ServerlessEndpoint endpoint, Worker worker)
    {
        var place = worker.Place!;
        var price = (world.Market.Find(place.Pool)?.ServerlessPrice ?? 0) * worker.GpuCount;
        var launch = new ContainerLaunch(
            worker.Id, endpoint.Id, worker.Image, (string)endpoint.Body["args"]!, WorkerEnvironment.Of(world.JobsUrl, endpoint, worker), place.GpuTypeId, place.DataCenterId);
        worker.Container.Start(launch, world.Ledger.Open(endpoint.Account.Name, ChargeKind.Serverless, endpoint.Id, price), code => Ended(endpoint, worker, code));
        if (!endpoint.IsQueue) world.WatchHealth(endpoint, worker);
    }

    private void Ended(ServerlessEndpoint endpoint, Worker worker, int code)
    {
        endpoint.Queue.Lost(worker);
        worker.IsReady = false;
        if (code == 0)
        {
            endpoint.Workers.Remove(worker);
            return;
        }

        var wait = FirstRestart * Math.Pow(2, Math.Min(worker.Crashes++, 10));
        worker.RestartAt = world.Now + (wait < LongestRestart ? wait : LongestRestart);
    }

    /// <summary>The listed pool with the most free GPUs; of equals the one listed first.</summary>
    private Place? FindPlace(ServerlessEndpoint endpoint, int gpus)
    {
        if (endpoint.Body["gpu"] is null) return new Place("", "", DataCenterFact.All[0].Id);
        var found = endpoint.Pools.Select(pool => world.Market.Find(pool)!)
            .Where(stock => stock.Level != "NONE" && world.Market.Free(stock) >= gpus)
            .OrderByDescending(world.Market.Free)
            .Select(stock => (Stock: stock, Center: stock.DataCenters.FirstOrDefault(id => endpoint.DataCenterIds.Count == 0 || endpoint.DataCenterIds.Contains(id, StringComparer.Ordinal))))
            .FirstOrDefault(static choice => choice.Center is not null);
        if (found.Stock is null) return null;
        var type = GpuFact.All.First(fact => fact.Pool == found.Stock.Pool && !endpoint.ExcludedTypes.Contains(fact.Id, StringComparer.Ordinal));
        return new Place(found.Stock.Pool, type.Id, found.Center!);
    }
}
