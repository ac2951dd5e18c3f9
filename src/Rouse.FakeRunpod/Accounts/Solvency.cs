using Rouse.FakeRunpod.Pods;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Accounts;

/// <summary>
/// What happens at $0 (docs.runpod.io pods/pricing, 2026-08): pods stop, those without a network volume are terminated and their data is lost.
/// Workers end too, and none starts.
/// </summary>
internal sealed class Solvency(RunpodWorld world)
{
    public void Step(Moment moment)
    {
        foreach (var account in world.Accounts)
        {
            var perHour = world.Ledger.SpendPerHour(account.Name);
            if (perHour <= 0) continue;
            var left = world.BalanceOf(account);
            if (left > 0 && !moment.IsDue(moment.Now + TimeSpan.FromHours((double)Math.Min(left / perHour, LongestLook)))) continue;
            if (world.BalanceOf(account) <= 0) End(account);
        }
    }

    /// <summary>Hours; a richer account is looked at again after them.</summary>
    private const decimal LongestLook = 24 * 365;

    private void End(Account account)
    {
        foreach (var endpoint in world.Endpoints.Alive.Where(endpoint => endpoint.Account == account))
        {
            foreach (var worker in endpoint.Workers.ToList())
            {
                worker.Container.Stop();
                endpoint.Workers.Remove(worker);
                endpoint.Queue.Lost(worker);
            }
        }

        foreach (var pod in world.Pods.Alive.Where(pod => pod.Account == account && pod.HoldsGpu).ToList())
        {
            if (pod.HasNetworkVolume) PodStep.Stop(world, pod);
            else PodStep.Terminate(world, pod);
        }
    }
}
