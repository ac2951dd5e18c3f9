using System.Globalization;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Billing;
using Rouse.FakeRunpod.Catalog;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Serverless;

namespace Rouse.FakeRunpod;

/// <summary>What tests see and change without a call.</summary>
public sealed partial class FakeRunpodServer
{
    /// <summary>Another customer, or another key of one that is there.</summary>
    public void AddAccount(string name, decimal deposit, string key) => _world.Enter(() =>
    {
        var account = _world.Accounts.Find(account => account.Name == name);
        if (account is null) _world.Accounts.Add(account = new Account(name));
        account.Deposited += deposit;
        account.Keys.Add(key);
    });

    /// <summary>The key is worth nothing from now on; what it made stays.</summary>
    public void RevokeKey(string key) => _world.Enter(() =>
    {
        foreach (var account in _world.Accounts) account.Keys.Remove(key);
    });

    /// <summary>Sets what is left, in $.</summary>
    public void SetBalance(decimal dollars, string account = FirstAccount) =>
        _world.Enter(() => Account(account).Deposited = dollars + _world.Ledger.Spent(account));

    public decimal Balance(string account = FirstAccount) => _world.Read(() => _world.BalanceOf(Account(account)));

    /// <summary>Most workers over all endpoints; null: by balance.</summary>
    public void SetQuota(int? workers, string account = FirstAccount) => _world.Enter(() => Account(account).Quota = workers);

    /// <summary>Changes what can be had of a pool (or of a GPU type that is in none).</summary>
    public void SetStock(string pool, Action<Stock> change) =>
        _world.Enter(() => change(_world.Market.Find(pool) ?? throw new ArgumentException($"No pool {pool}.", nameof(pool))));

    /// <summary>An endpoint nobody made by a call, for instance a stranger's with a name like ours.</summary>
    /// <returns>Its id.</returns>
    public string SeedEndpoint(string name, string account = FirstAccount, int workersMax = 0, string pool = "ADA_24") => _world.Enter(() => _endpoints.Add(
        Account(account),
        EndpointBody.Settings(
            new JsonObject
            {
                ["name"] = name,
                ["type"] = "QUEUE",
                ["image"] = "example/stranger:1",
                ["scaling"] = new JsonObject { ["type"] = "QUEUE_DELAY", ["queueDelay"] = 4 },
                ["workers"] = new JsonObject { ["min"] = 0, ["max"] = workersMax },
                ["gpu"] = new JsonObject { ["pools"] = Json.Array([pool]) },
            },
            template: null)).Id);

    /// <summary>A pod that its owner made at the console, under a name of theirs; it comes up as any does.</summary>
    /// <param name="port">Served over HTTP.</param>
    /// <returns>Its id.</returns>
    public string SeedPod(string name, int port = 8000, string account = FirstAccount, string gpu = "NVIDIA GeForce RTX 4090") => _world.Enter(() => _pods.Seed(
        Account(account),
        new JsonObject
        {
            ["name"] = name,
            ["image"] = "example/theirs:1",
            ["disk"] = 20,
            ["ports"] = Json.Array([string.Create(CultureInfo.InvariantCulture, $"{port}/http")]),
            ["gpu"] = new JsonObject { ["id"] = gpu, ["count"] = 1 },
            ["mounts"] = new JsonObject { ["persistent"] = new JsonObject { ["size"] = 20, ["path"] = "/workspace" } },
        }).Id);

    /// <summary>Changes settings as a colleague would in the console: past the API and its record.</summary>
    /// <param name="change">Gets the settings as responses show them, for example <c>workers.max</c> or <c>image</c>.</param>
    public void EditEndpoint(string id, Action<JsonObject> change) => _world.Enter(() =>
    {
        var endpoint = Endpoint(id);
        var settings = (JsonObject)endpoint.Body.DeepClone();
        change(settings);
        _endpoints.Change(endpoint, settings);
    });

    /// <summary>Deletes in the console, whatever runs.</summary>
    public void DeleteEndpoint(string id) => _world.Enter(() => _endpoints.Remove(Endpoint(id)));

    /// <summary>The machine is gone without a word: no exit, no result.</summary>
    public void LoseWorker(string id) => _world.Enter(() =>
    {
        var endpoint = _world.Endpoints.Alive.First(endpoint => endpoint.Workers.Exists(worker => worker.Id == id));
        var worker = endpoint.Workers.Find(worker => worker.Id == id)!;
        worker.Container.Stop(kill: true);
        endpoint.Workers.Remove(worker);
        endpoint.Queue.Lost(worker);
    });

    /// <summary>Says of a worker that it is (not) well; one that is not takes no jobs.</summary>
    public void MarkUnhealthy(string id, bool unhealthy = true) => _world.Enter(() =>
        _world.Endpoints.Alive.SelectMany(static endpoint => endpoint.Workers).First(worker => worker.Id == id).IsUnwell = unhealthy);

    public IReadOnlyList<SeenEndpoint> Endpoints(string account = FirstAccount) => _world.Read<IReadOnlyList<SeenEndpoint>>(() =>
    [
        .. _world.Endpoints.Alive.Where(endpoint => endpoint.Account.Name == account)
            .Select(static endpoint => new SeenEndpoint(endpoint.Id, endpoint.Name, endpoint.Min, endpoint.Max, (JsonObject)endpoint.Body.DeepClone())),
    ]);

    public IReadOnlyList<SeenWorker> Workers(string endpoint) => _world.Read<IReadOnlyList<SeenWorker>>(() =>
    [
        .. _world.Endpoints.Find(endpoint)?.Workers
            .Select(static worker => new SeenWorker(worker.Id, worker.State, worker.Place?.Pool, worker.Container.IsRunning)) ?? [],
    ]);

    public IReadOnlyList<SeenPod> Pods(string account = FirstAccount) => _world.Read<IReadOnlyList<SeenPod>>(() =>
        [.. _world.Pods.Alive.Where(pod => pod.Account.Name == account).Select(static pod => new SeenPod(pod.Id, pod.Name, pod.State, (JsonObject)pod.Body.DeepClone()))]);

    /// <summary>Names by id.</summary>
    public IReadOnlyDictionary<string, string> Templates(string account = FirstAccount) => _world.Read(() =>
        _world.Templates.Alive
            .Where(template => template.Account.Name == account)
            .ToDictionary(static item => item.Id, static item => item.Name, StringComparer.Ordinal));

    /// <summary>Containers that run and cost now, of workers and pods, those being stopped included.</summary>
    public int LivingContainers(string account = FirstAccount) => _world.Read(() =>
        _world.Ledger.Charges.Count(charge => charge.Account == account && charge.End is null && charge.Kind is ChargeKind.Serverless or ChargeKind.Pod));

    /// <summary>What an endpoint, pod or volume has cost so far; also after it was deleted.</summary>
    public Bill Bill(string resource) => _world.Read(() => _world.Ledger.Of(resource));

    /// <summary>Over everything the account ever had.</summary>
    public decimal Spent(string account = FirstAccount) => _world.Read(() => _world.Ledger.Spent(account));

    private Account Account(string name) =>
        _world.Accounts.Find(account => account.Name == name) ?? throw new ArgumentException($"No account {name}.", nameof(name));

    private ServerlessEndpoint Endpoint(string id) => _world.Endpoints.Find(id) ?? throw new ArgumentException($"No endpoint {id}.", nameof(id));
}
