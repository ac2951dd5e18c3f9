using System.Collections.Concurrent;
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

    public LocalBench(string script = Obedient, TimeProvider? time = null, WorkerScaling? scaling = null)
    {
        _time = time ?? TimeProvider.System;
        Scaling = scaling ?? new WorkerScaling();
        Name = new BackendName(OwnerPrefix.For("rouse", Access.Tenant), DeploymentId.FromRandom(RandomNumberGenerator.GetBytes(16)), 1);
        Queue = new FakeWorkQueue(Name.Deployment, _time);
        Options = new LocalOptions
        {
            DataFolder = Directory.CreateTempSubdirectory("rouse-local-").FullName,
            Command = new WorkerCommand("/bin/sh", "-c", script),
            Owner = NewId(),
            Generation = "one",
            StopGrace = TimeSpan.FromMilliseconds(200),
            EndGrace = TimeSpan.FromMilliseconds(200),
            Tick = TimeSpan.FromMilliseconds(20),
            RestartDelay = TimeSpan.FromMilliseconds(10),
        };
    }

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
    public async Task<ObservedBackend> SeeAsync(Func<ObservedBackend, bool> condition)
    {
        ObservedBackend? seen = null;
        await WaitAsync(async () => (seen = await ObserveAsync()) is { } now && condition(now));
        return seen!;
    }

    public Task WaitAsync(Func<bool> condition) => WaitAsync(() => ValueTask.FromResult(condition()));

    public Task WaitAsync(Func<ValueTask<bool>> condition) => Eventually.TrueAsync(() =>
    {
        (_time as ManualTime)?.Advance(TimeSpan.FromMilliseconds(20));
        return condition();
    });

    /// <summary>Living processes of this installation.</summary>
    public IReadOnlyList<FoundProcess> Processes() => ProcFs.FindOwned(Options.Owner);

    public static string NewId() => Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    public async ValueTask DisposeAsync()
    {
        Options = Options with { StopWorkersOnExit = true };
        await Provider.DisposeAsync();
        foreach (var left in Processes()) ProcFs.Signal(left.Id, Libc.SigKill);
        Directory.Delete(Options.DataFolder, recursive: true);
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
