using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core;
using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Local;
using Rouse.TestKit.Time;

namespace Rouse.Providers.Tests.Local;

/// <summary>A local provider over a folder of its own, with shell scripts for workers and a queue driven by hand.</summary>
internal sealed class LocalBench : IAsyncDisposable
{
    /// <summary>Ends at SIGTERM with 0, otherwise lives.</summary>
    public const string Obedient = "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done";

    public static readonly ProviderAccess Access = new(TenantId.Parse("anna"), Key: null);
    private readonly TimeProvider _time;
    private readonly bool _ownsFolder;

    /// <param name="heir">The bench whose folder, owner and backend this one takes over, as another server would.</param>
    public LocalBench(string script = Obedient, TimeProvider? time = null, WorkerScaling? scaling = null, BenchId? heir = null)
    {
        _time = time ?? TimeProvider.System;
        _ownsFolder = heir is null;
        Scaling = scaling ?? new WorkerScaling();
        var id = heir ?? new BenchId(
            Directory.CreateTempSubdirectory("rouse-local-").FullName, NewId(), DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(16)).Value);
        Name = new BackendName(OwnerPrefix.For("rouse", Access.Tenant), DeploymentId.Parse(id.Deployment), 1);
        Queue = new FakeWorkQueue(Name.Deployment, _time);
        Options = new LocalOptions
        {
            DataFolder = id.Folder,
            Command = new WorkerCommand("/bin/sh", "-c", script),
            Owner = id.Owner,
            Generation = "one",
            StopGrace = TimeSpan.FromMilliseconds(200),
            EndGrace = TimeSpan.FromMilliseconds(200),
            Tick = TimeSpan.FromMilliseconds(20),
            RestartDelay = TimeSpan.FromMilliseconds(10),
            // These workers are heard of only when a test says so, while its clock leaps.
            SilentTimeout = TimeSpan.FromDays(1),
        };
    }

    public BenchId Identity => new(Options.DataFolder, Options.Owner, Name.Deployment.Value);

    public BackendName Name { get; }

    public BackendId Id => new(Name.ToString());

    public string Folder => Path.Combine(Options.DataFolder, LocalProvider.Kind, Name.ToString());

    public WorkerScaling Scaling { get; }

    public FakeWorkQueue Queue { get; }

    public LocalOptions Options { get; set; }

    /// <summary>Every worker is ready from the start, as if its model needed no loading.</summary>
    public bool ReadyAtOnce { get; init; } = true;

    public Dictionary<string, EnvironmentValue>? Environment { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Workers in the order they were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public ConcurrentQueue<(string Worker, string Line)> Lines { get; } = new();

    /// <summary>Looks at the world at the moment a worker is about to be started.</summary>
    public Action? BeforeStart { get; set; }

    public LocalProvider Provider { get => field ??= NewProvider(); private set; }

    public async ValueTask<LocalBench> DeployAsync()
    {
        await Provider.CreateAsync(Request(), Access, CancellationToken.None);
        return this;
    }

    public BackendRequest Request() => new(
        Name, Access.Tenant, new DeploymentSpec { Model = ModelRef.Parse("hf:org/name"), Workers = Scaling },
        new Offer(LocalProvider.Kind, "cpu", 1, 0), new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal));

    /// <summary>The server goes and another one comes.</summary>
    public async ValueTask RestartAsync(Func<LocalOptions, LocalOptions>? change = null)
    {
        await Provider.DisposeAsync();
        Options = change?.Invoke(Options) ?? Options;
        Provider = NewProvider();
        await Provider.RecoverAsync(CancellationToken.None);
    }

    public async ValueTask<ObservedBackend?> ObserveAsync() =>
        (await Provider.ListOwnedAsync(Name.Owner, Access, CancellationToken.None)).SingleOrDefault(backend => backend.Name == Name);

    /// <summary>Waits until the list shows what is asked for; the clock, when it is a manual one, runs meanwhile.</summary>
    public async Task<ObservedBackend> SeeAsync(
        Func<ObservedBackend, bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        ObservedBackend? seen = null;
        await WaitAsync(async () => (seen = await ObserveAsync()) is { } now && condition(now), what);
        return seen!;
    }

    public Task WaitAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        WaitAsync(() => ValueTask.FromResult(condition()), what);

    private async Task WaitAsync(Func<ValueTask<bool>> condition, string what)
    {
        await Eventually.TrueAsync(
            () =>
            {
                (_time as ManualTime)?.Advance(TimeSpan.FromMilliseconds(20));
                return condition();
            },
            what);
    }

    /// <summary>Living processes of this installation.</summary>
    public IReadOnlyList<FoundProcess> Processes() => ProcFs.FindOwned(Options.Owner);

    /// <summary>The workers among them, not what they started, nor the shells that are still about to become workers.</summary>
    public IReadOnlyList<FoundProcess> Mains() =>
        [.. Processes().Where(found => found.IsMain).OrderBy(found => found.Worker, StringComparer.Ordinal)];

    /// <summary>Waits until so many workers run.</summary>
    public async Task<IReadOnlyList<FoundProcess>> MainsAsync(int count)
    {
        await WaitAsync(() => Mains().Count == count);
        return Mains();
    }

    public static string NewId() => Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    public async ValueTask DisposeAsync()
    {
        Options = Options with { StopWorkersOnExit = true };
        await Provider.DisposeAsync();
        foreach (var left in Processes()) ProcFs.Signal(left.Id, Libc.SigKill);
        if (_ownsFolder) Directory.Delete(Options.DataFolder, recursive: true);
    }

    private LocalProvider NewProvider() =>
        new(Options, Queue, EnvironmentOf, (_, worker, line) => Lines.Enqueue((worker, line)), _time, NewId, NullLogger.Instance);

    private ValueTask<IReadOnlyDictionary<string, EnvironmentValue>?> EnvironmentOf(BackendName backend, string worker, CancellationToken ct)
    {
        BeforeStart?.Invoke();
        Asked.Enqueue(worker);
        if (ReadyAtOnce) Queue.Ready(worker);
        return ValueTask.FromResult<IReadOnlyDictionary<string, EnvironmentValue>?>(Environment);
    }
}

internal sealed record BenchId(string Folder, string Owner, string Deployment);
