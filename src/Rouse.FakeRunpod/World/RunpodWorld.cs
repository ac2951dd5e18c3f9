using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Jobs;
using Rouse.FakeRunpod.Pods;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.Templates;
using Rouse.FakeRunpod.Volumes;
using Rouse.FakeRunpod.Workers;

namespace Rouse.FakeRunpod.World;

/// <summary>
/// All state behind one lock. Whoever changes something does so in <see cref="Enter{T}"/>; afterwards the world takes every step that is due
/// (scaling, time-outs, starts) and sets its one timer to the next.
/// </summary>
internal sealed class RunpodWorld : IDisposable
{
    /// <summary>The system's timers take no more than 49 days, and an account may last longer; looking once more then costs nothing.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly FleetStep _fleet;
    private readonly PodStep _podStep;
    private readonly Solvency _solvency;
    private bool _ended;

    public RunpodWorld(FakeRunpodOptions options, FakeRunpodScript script)
    {
        (Time, Script, Runner) = (options.Time, script, options.Runner ?? new SimulatedWorkers(options.Time));
        Ids = new IdSource(options.Seed);
        Market = new Market(this);
        Ledger = new Ledger(Time);
        Endpoints = new Shelf<ServerlessEndpoint>(script, Time);
        Pods = new Shelf<Pod>(script, Time);
        Templates = new Shelf<Template>(script, Time);
        Volumes = new Shelf<Resource>(script, Time);
        _fleet = new FleetStep(this);
        _podStep = new PodStep(this);
        _solvency = new Solvency(this);
        Webhooks = new JobWebhooks(Time);
        _timer = Time.CreateTimer(_ => Enter(static () => true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TimeProvider Time { get; }

    public FakeRunpodScript Script { get; }

    public IWorkerRunner Runner { get; }

    public IdSource Ids { get; }

    public Market Market { get; }

    public Ledger Ledger { get; }

    /// <summary>Containers that were told to end and have not yet.</summary>
    public List<IRunningWorker> Stopping { get; } = [];

    public JobWebhooks Webhooks { get; }

    public List<Account> Accounts { get; } = [];

    public Shelf<ServerlessEndpoint> Endpoints { get; }

    public Shelf<Pod> Pods { get; }

    public Shelf<Template> Templates { get; }

    public Shelf<Resource> Volumes { get; }

    /// <summary>What looks at the health pages of load balancers' workers.</summary>
    public Action<ServerlessEndpoint, Worker> WatchHealth { get; set; } = static (_, _) => { };

    /// <summary>Where load balancers' endpoints are served, with <c>{id}</c> in it. Known once the server listens.</summary>
    public string BalancerUrl { get; set; } = "";

    /// <summary>Base of the job plane: <c>http://127.0.0.1:port/v2</c>. Known once the server listens.</summary>
    public string JobsUrl { get; set; } = "";

    public DateTimeOffset Now => Time.GetUtcNow();

    public T Enter<T>(Func<T> change)
    {
        lock (_gate)
        {
            var result = change();
            if (_ended) return result;
            var moment = new Moment(Now);
            _solvency.Step(moment);
            foreach (var endpoint in Endpoints.Alive.ToList())
            {
                endpoint.Queue.Step(moment);
                _fleet.Step(endpoint, moment);
            }

            _podStep.Step(moment);
            // What has just started may be more than the account can pay for.
            _solvency.Step(moment);
            var wait = moment.Next - moment.Now;
            _timer.Change(wait < s_longestWait ? wait.Value : wait is null ? Timeout.InfiniteTimeSpan : s_longestWait, Timeout.InfiniteTimeSpan);
            return result;
        }
    }

    public void Enter(Action change) => Enter(() =>
    {
        change();
        return true;
    });

    public T Read<T>(Func<T> look)
    {
        lock (_gate) return look();
    }

    public decimal BalanceOf(Account account) => account.Deposited - Ledger.Spent(account.Name);

    public int QuotaOf(Account account) => account.Quota ?? Account.QuotaFor(BalanceOf(account));

    public void Dispose()
    {
        lock (_gate) _ended = true;
        _timer.Dispose();
        Webhooks.Dispose();
    }
}
