using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Workers;

/// <summary>The container of a worker or pod, and what it costs while it runs.</summary>
internal sealed class Container(RunpodWorld world)
{
    /// <summary>Between SIGTERM and SIGKILL; this fake's own figure.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private IRunningWorker? _running;
    private Charge? _charge;

    public bool IsRunning => _running is not null;

    public DateTimeOffset? Since { get; private set; }

    /// <param name="launch">What to run.</param>
    /// <param name="charge">Open from now on.</param>
    /// <param name="ended">Called in the world's lock when the container ends without having been stopped.</param>
    public void Start(ContainerLaunch launch, Charge charge, Action<int> ended)
    {
        var running = world.Runner.Start(launch);
        (_running, _charge, Since) = (running, charge, world.Now);
        _ = running.Ended.ContinueWith(
            task => world.Enter(() =>
            {
                // Stopped meanwhile, or started anew.
                if (_running != running) return;
                _running = null;
                world.Ledger.Close(charge);
                ended(task.IsCompletedSuccessfully ? task.Result : -1);
            }),
            CancellationToken.None,
            TaskContinuationOptions.RunContinuationsAsynchronously,
            TaskScheduler.Default);
    }

    /// <summary>It costs until it is gone.</summary>
    public void Stop(bool kill = false)
    {
        if (_running is not { } running) return;
        var charge = _charge;
        _running = null;
        var stopped = running.StopAsync(kill ? TimeSpan.Zero : Grace);
        if (stopped.IsCompleted)
        {
            world.Ledger.Close(charge);
            return;
        }

        world.Stopping.Add(running);
        _ = stopped.ContinueWith(
            _ => world.Enter(() =>
            {
                world.Ledger.Close(charge);
                world.Stopping.Remove(running);
            }),
            TaskScheduler.Default);
    }
}
