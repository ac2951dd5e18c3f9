using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Rouse.Contracts.Telemetry;
using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Telemetry;

namespace Rouse.Server.Background;

/// <summary>
/// One pass over one deployment: lease, look, plan, do. Any pass may stop anywhere, or run beside another, and the next makes it good.
/// </summary>
/// <remarks>
/// <code>
///   lease ─► load ─► ListOwned ─► Plan ─► steps in order ─► release
///                                  ▲          │ InspectModel, FindOffers: ask, then plan once more
///                                  └──────────┘ StartAttempt: BeginAttempt (CAS) ─► Create ─┬► done: RecordBackend (CAS) ─► wake it
///                                                                                           ├► refused: RecordRefusal
///                                                                                           └► unknown: nothing; a later list tells
/// </code>
/// tests/Rouse.Simulation explores its schedules.
/// </remarks>
internal sealed partial class ReconcilePass(ReconcilePorts ports, ReconcileLimits limits, TimeProvider time, ILogger<ReconcilePass> logger)
{
    private readonly AttemptWatch _watch = new(time);
    private readonly DrainWatch _drains = new(time);
    private readonly ImageWatch _images = new();

    /// <summary>Runs once.</summary>
    /// <remarks>Faults of the provider are values of the result. What the store, the vault or a bug throws is thrown; nothing is to undo.</remarks>
    public async ValueTask<PassResult> RunAsync(TenantId tenant, DeploymentId id, CancellationToken ct)
    {
        if (!await ports.Store.TryLeaseAsync(tenant, id, ports.Owner, limits.Lease, ct)) return PassResult.LookAgain(limits.Poll);
        try
        {
            var result = await RunHeldAsync(tenant, id, ct);
            if (result == PassResult.Done)
            {
                _watch.Forget(id);
                _drains.Forget(id);
                _images.Forget(id);
            }

            return result;
        }
        catch (ProviderException fault)
        {
            LogProviderFailed(id, fault.Fault, fault.Message);
            return PassResult.Failed(fault, await TellAsync(tenant, id, fault, ct));
        }
        finally
        {
            await ports.Store.ReleaseLeaseAsync(tenant, id, ports.Owner, CancellationToken.None);
        }
    }

    private async ValueTask<PassResult> RunHeldAsync(TenantId tenant, DeploymentId id, CancellationToken ct)
    {
        var clock = new PassClock(time);
        if (await LoadAsync(tenant, id, clock, ct) is not { } row) return PassResult.Done;
        using var span = Trace(row);
        var (provider, access) = (Provider(row), await ports.Access(Account(row), ct));
        var traits = provider.Traits.For(row.Spec);
        var settled = limits with
        {
            Settle = limits.Settle + traits.Settle, ListLag = traits.ListLag, Buys = traits.SellsGpus, Chooses = ports.Chooses(row), Stops = traits is { CanStop: true, HasOwnQueue: false },
            Roams = row.Spec.Service is not null && traits.WakesWhenAsked,
        };
        var view = new View(row, OwnerPrefix.For(ports.Installation, tenant), [], provider, access, settled, clock);
        // Before its first attempt nothing was ever created for it: if another replica has begun one meanwhile, our own cannot begin.
        if (row.Attempt > 0 || row.Backend is not null) view = view with { Observed = await ListAsync(view, ct) };

        // An attempt newer than the row: another replica began it after the row was read. If the row still says otherwise, it is nobody's.
        if (view.Observed.Any(backend => backend.Name.Attempt > row.Attempt && backend.Id != row.Backend) && await LoadAsync(tenant, id, clock, ct) is { } fresh)
        {
            view = view with { Row = fresh };
        }

        if (view.Row.Spec.Service is not null) view = WithAnswers(view);
        else view = view with { Limits = view.Limits with { Image = _images.Wanted(view.Row, view.Observed, traits) } };
        if (await IsWantedAsync(view, ct)) view = view with { Limits = view.Limits with { Wanted = true } };
        if (view.Row.Attempt > 0 || view.Row.Backend is not null) await ports.Meter(view.Row, view.Observed, ct);

        return await CarryOutAsync(view, Plan(view, offers: null), ct);
    }

    /// <summary>Passes over what is on its way belong to the request that set it off; those that only look whether all is well, every few seconds, to nobody.</summary>
    private static Activity? Trace(DeploymentState row)
    {
        if (row.Phase is Phase.Ready || row.TraceParent is null) return null;
        var span = ServerTracing.Source.Continue("reconcile", ActivityKind.Internal, row.TraceParent);
        return span?.SetTag("rouse.deployment", row.Id.Value).SetTag("rouse.attempt", row.Attempt).SetTag("rouse.phase", row.Phase.Word());
    }

    /// <summary>Asked where our queue feeds a backend that can be stopped, of what is asleep or is to be.</summary>
    private async ValueTask<bool> IsWantedAsync(View view, CancellationToken ct)
    {
        if (!view.Limits.Stops || (!view.Limits.Buys && view.Row.Spec.Service is null)) return false;
        if (view.Row.Phase != Phase.Hibernated && !view.Observed.Any(backend => backend.Status == BackendStatus.Sleeping)) return false;
        return view.Row.Spec.Workers.At(view.Clock.Now).Min > 0 || await ports.HasWork(view.Row.Id, ct);
    }

    /// <summary>A provider knows whether a service's container runs; whether it answers, this process has seen by itself.</summary>
    private View WithAnswers(View view) => view with
    {
        Observed =
        [
            .. view.Observed.Select(backend => backend.Id == view.Row.Backend && backend.Status is BackendStatus.Running or BackendStatus.Starting && ports.Answers(view.Row)
                ? backend with { ReadyWorkers = Math.Max(1, backend.ReadyWorkers) }
                : backend),
        ],
        Limits = view.Limits with { IsDrained = _drains.IsOver(view.Row, view.Limits.Drain) },
    };

    private async ValueTask<DeploymentState?> LoadAsync(TenantId tenant, DeploymentId id, PassClock clock, CancellationToken ct) =>
        await ports.Store.LoadAsync(tenant, id, ct) is { } row ? _watch.Measured(row, clock) : null;

    private async ValueTask<PassResult> CarryOutAsync(View view, ReconcilePlan plan, CancellationToken ct)
    {
        var (store, tenant, id) = (ports.Store, view.Row.Tenant, view.Row.Id);
        foreach (var step in plan.Steps)
        {
            if (step is ReconcileStep.InspectModel) return await InspectAsync(view, ct);
            if (step is ReconcileStep.FindOffers) return await FindOffersAsync(view, ct);
            if (step is ReconcileStep.Wake wake)
            {
                if (await WakeAsync(view, wake, ct) is { } moved) return await CarryOutAsync(view, moved, ct);
                LogStepDone(id, step);
                continue;
            }

            if (step is ReconcileStep.StartAttempt start) return await StartAsync(view, start, ct) ?? PassResult.LookAgain(plan.Again);
            var succeeded = step switch
            {
                ReconcileStep.Delete delete => await DeleteAsync(view, delete.Backend, delete.Why, ct),
                ReconcileStep.Adopt adopt => await store.RecordBackendAsync(tenant, id, adopt.Attempt, adopt.Backend, ct),
                ReconcileStep.GiveUp up => await store.GiveUpAttemptAsync(tenant, id, up.Attempt, up.Backend, up.Cause, ct),
                ReconcileStep.Forget forget => await store.ForgetBackendAsync(tenant, id, forget.Attempt, forget.Backend, forget.Deadline, ct),
                ReconcileStep.Advance advance => await store.AdvanceAsync(tenant, id, advance.Attempt, advance.To, advance.Cause, ct),
                ReconcileStep.Note note => await store.NoteAsync(tenant, id, note.Cause, ct),
                ReconcileStep.BeginStop stop => await store.BeginStopAsync(tenant, id, stop.Attempt, stop.Backend, ct),
                ReconcileStep.BeginWake begin => await store.BeginWakeAsync(tenant, id, begin.Attempt, begin.Backend, ct),
                ReconcileStep.Relocate move => await store.RelocateAsync(tenant, id, move.Attempt, move.Backend, move.Cause, move.Deadline, ct),
                ReconcileStep.Sleep sleep => await CallAsync(view, token => view.Provider.SetRunningAsync(sleep.Backend, running: false, view.Access, token), ct),
                ReconcileStep.Restore restore => await ScaleAsync(view, restore.Backend, restore.Workers, "warn", restore.What + " Restored.", ct),
                ReconcileStep.Renew renew => await RenewAsync(view, renew, ct),
                ReconcileStep.Resize resize => await ScaleAsync(view, resize.Backend, resize.Workers, "info", resize.What, ct),
                ReconcileStep.TakeOver over => await store.RecordScalingAsync(tenant, id, over.Attempt, "warn", over.What, over.Workers, ct),
                ReconcileStep.MarkReleased => await store.MarkReleasedAsync(tenant, id, ct),
                _ => throw new InvalidOperationException($"Nobody carries out {step}."),
            };

            // The row moved on under us: what was planned may be wrong by now.
            if (!succeeded) return PassResult.LookAgain(limits.Recheck);
            // What follows in this pass is planned on what is stored by now.
            if (step is ReconcileStep.Advance { Cause: null } forward) view = view with { Row = view.Row with { Phase = forward.To } };
            LogStepDone(id, step);
        }

        return PassResult.LookAgain(plan.Again);
    }

    /// <returns>What to do in its place when its machine has no room for it and it may move; null when it was woken.</returns>
    private async ValueTask<ReconcilePlan?> WakeAsync(View view, ReconcileStep.Wake wake, CancellationToken ct)
    {
        try
        {
            await CallAsync(view, token => view.Provider.SetRunningAsync(wake.Backend, running: true, view.Access, token), ct);
            return null;
        }
        catch (ProviderException none) when (none.Fault == ProviderFault.Capacity)
        {
            if (Reconciler.PlanStranded(view.Row, wake.Backend, Cause(none), view.Clock.Now, view.Limits) is not { } moved) throw;
            LogStranded(view.Row.Id, wake.Backend, none.Message);
            return moved;
        }
    }

    private async ValueTask<PassResult> InspectAsync(View view, CancellationToken ct)
    {
        var found = await ports.Inspect(view.Row, ct);
        if (found.Fault is { } fault) return await CarryOutAsync(view, Reconciler.PlanBlocked(view.Row, fault, !found.Retryable, view.Clock.Now, view.Limits), ct);
        if (!await ports.Store.RecordModelAsync(view.Row.Tenant, view.Row.Id, found.VramGb, found.Engine, ct)) return PassResult.LookAgain(limits.Recheck);
        view = view with { Row = view.Row with { VramGb = found.VramGb, Engine = view.Row.Engine ?? found.Engine } };
        return await CarryOutAsync(view, Plan(view, offers: null), ct);
    }

    private async ValueTask<PassResult> FindOffersAsync(View view, CancellationToken ct)
    {
        var spec = view.Row.Spec;
        var sold = await CallAsync(view, token => view.Provider.ListOffersAsync(spec.Region, view.Access, token), ct);
        var need = new HardwareNeed(view.Row.VramGb ?? spec.Service?.VramGb ?? 0, spec.GpuTier, spec.Region, spec.AllowGpuFallback);
        return await CarryOutAsync(view, Plan(view, view.Limits.Buys ? OfferRanking.Rank(sold, need) : OfferRanking.InGivenOrder(sold)), ct);
    }

    /// <returns>Null when the attempt has its backend, else when to look again.</returns>
    private async ValueTask<PassResult?> StartAsync(View view, ReconcileStep.StartAttempt start, CancellationToken ct)
    {
        var (store, tenant, id) = (ports.Store, view.Row.Tenant, view.Row.Id);
        var name = new BackendName(view.Prefix, id, start.Number);
        var request = new BackendRequest(name, tenant, view.Row.Spec, start.Offer, await ports.Environment(view.Row, start.Number, ct)) { Engine = ports.EngineOf(view.Row) };

        // The row counts the settle time from here, so the call's time counts from here too: a holder that was paused in between creates nothing.
        var begun = time.GetTimestamp();
        if (!await store.BeginAttemptAsync(tenant, id, start.Number - 1, start.Offer, start.Tried, ct)) return PassResult.LookAgain(limits.Recheck);
        BackendId backend;
        try
        {
            var left = view.Provider.Traits.CallTimeout - time.GetElapsedTime(begun);
            backend = await BoundedCall.RunAsync(token => view.Provider.CreateAsync(request, view.Access, token), left, time, ct);
        }
        catch (ProviderException fault) when (fault.Fault == ProviderFault.Unknown)
        {
            LogCreateUnknown(id, start.Number, fault.Message);
            return PassResult.LookAgain(limits.Recheck);
        }
        catch (ProviderException fault)
        {
            LogRefused(id, start.Number, fault.Fault, fault.Message);
            await store.RecordRefusalAsync(tenant, id, start.Number, Cause(fault), ct);
            return fault.Fault == ProviderFault.RateLimited ? PassResult.Failed(fault, Account(view.Row)) : PassResult.LookAgain(TimeSpan.Zero);
        }

        LogCreated(id, start.Number, backend);
        if (await store.RecordBackendAsync(tenant, id, start.Number, backend, ct))
        {
            // The list may not show it for a while; it need not sleep so long.
            if (view.Provider.Traits.For(view.Row.Spec).HasOwnQueue) await CallAsync(view, token => view.Provider.SetRunningAsync(backend, running: true, view.Access, token), ct);
            return null;
        }

        // Ended or given up meanwhile: no row will ever claim it, and the list may not show it yet.
        await DeleteAsync(view, backend, "the deployment moved on while it was created", ct);
        return PassResult.LookAgain(limits.Recheck);
    }

    private async ValueTask<IReadOnlyList<ObservedBackend>> ListAsync(View view, CancellationToken ct)
    {
        var owned = await CallAsync(view, token => view.Provider.ListOwnedAsync(view.Prefix, view.Access, token), ct);
        var row = view.Row;
        List<ObservedBackend> ours =
            [.. owned.Where(backend => backend.Name.Owner == view.Prefix && (backend.Name.Deployment == row.Id || backend.Id == row.Backend))];
        // A living deployment keeps what its row names in any case. Everything else is asked about after the row was read: an ended row is shared
        // with nobody new, so an answer that nobody uses it stays true.
        List<BackendId> doubtful = [.. ours.Where(backend => row.Phase.IsEnded() || backend.Id != row.Backend).Select(backend => backend.Id)];
        if (!view.Provider.Traits.For(row.Spec).HasOwnQueue || doubtful.Count == 0) return ours;
        var used = await ports.Store.UsedByOthersAsync(row.Tenant, row.Id, doubtful, ct);
        return ours.FindAll(backend => !used.Contains(backend.Id));
    }

    private async ValueTask<bool> DeleteAsync(View view, BackendId backend, string why, CancellationToken ct)
    {
        await CallAsync(view, token => view.Provider.DeleteAsync(backend, view.Access, token), ct);
        LogDeleted(view.Row.Id, backend, why);
        return true;
    }

    /// <summary>Told after it was done: what fails is tried, and then told, again.</summary>
    private async ValueTask<bool> ScaleAsync(View view, BackendId backend, WorkerScaling workers, string level, string what, CancellationToken ct)
    {
        await CallAsync(view, token => view.Provider.ScaleAsync(backend, workers, view.Access, token), ct);
        return await ports.Store.RecordScalingAsync(view.Row.Tenant, view.Row.Id, view.Row.Attempt, level, what, adopted: null, ct);
    }

    private async ValueTask<bool> RenewAsync(View view, ReconcileStep.Renew renew, CancellationToken ct)
    {
        await CallAsync(view, token => view.Provider.RenewAsync(renew.Backend, renew.Image, view.Access, token), ct);
        _images.Settle(view.Row.Id, renew.Backend);
        LogRenewed(view.Row.Id, renew.Backend, renew.Image);
        const string what = "This server has another image for its workers: they are replaced, those with a job once it is done.";
        return await ports.Store.RecordScalingAsync(view.Row.Tenant, view.Row.Id, view.Row.Attempt, "info", what, adopted: null, ct);
    }

    private ValueTask<T> CallAsync<T>(View view, Func<CancellationToken, ValueTask<T>> call, CancellationToken ct) =>
        BoundedCall.RunAsync(call, view.Provider.Traits.CallTimeout, time, ct);

    private async ValueTask<bool> CallAsync(View view, Func<CancellationToken, ValueTask> call, CancellationToken ct)
    {
        await BoundedCall.RunAsync(call, view.Provider.Traits.CallTimeout, time, ct);
        return true;
    }

    private ReconcilePlan Plan(View view, RankedOffers? offers) =>
        Reconciler.Plan(view.Row, view.Observed, offers, view.Clock.Now, view.Limits);

    /// <summary>
    /// A call that could not be made, or failed, is what the deployment waits for; at its deadline it is what it failed for. A key that is refused
    /// before anything was created can wait for nothing.
    /// </summary>
    private async ValueTask<ProviderAccount?> TellAsync(TenantId tenant, DeploymentId id, ProviderException fault, CancellationToken ct)
    {
        if (await ports.Store.LoadAsync(tenant, id, ct) is not { } row) return null;
        var final = fault.Fault == ProviderFault.Unauthorized && row.Attempt == 0;
        foreach (var step in Reconciler.PlanBlocked(row, Cause(fault), final, time.GetUtcNow(), limits).Steps)
        {
            if (step is ReconcileStep.Note note) await ports.Store.NoteAsync(tenant, id, note.Cause, ct);
            if (step is not ReconcileStep.Advance advance || !await ports.Store.AdvanceAsync(tenant, id, advance.Attempt, advance.To, advance.Cause, ct)) continue;
            // Nothing was ever created for it. The pass that would say so is held back with its account.
            if (row is { Attempt: 0, Backend: null }) await ports.Store.MarkReleasedAsync(tenant, id, ct);
        }

        return Account(row);
    }

    private IProvider Provider(DeploymentState row) => ports.Providers.TryGetValue(row.Spec.Provider, out var provider)
        ? provider
        : throw new ProviderException(
            ProviderFault.Unauthorized, $"This server is not set up for {row.Spec.Provider} any more. Start it as before, or what runs there is not looked after.");

    private static ProviderAccount Account(DeploymentState row) => new(row.Tenant, row.Spec.Provider, row.Spec.Account);

    private static FailureCause Cause(ProviderException fault) => new(fault.Code ?? Code(fault.Fault), fault.Message);

    internal static string Code(ProviderFault fault) => fault switch
    {
        ProviderFault.Capacity => FailureCodes.NoCapacity,
        ProviderFault.Quota => FailureCodes.Quota,
        ProviderFault.Balance => FailureCodes.Balance,
        ProviderFault.Unauthorized => FailureCodes.Unauthorized,
        ProviderFault.RateLimited => FailureCodes.RateLimited,
        ProviderFault.Rejected => FailureCodes.Rejected,
        _ => FailureCodes.ProviderUnavailable,
    };

    /// <summary>What one pass knows.</summary>
    private sealed record View(
        DeploymentState Row,
        OwnerPrefix Prefix,
        IReadOnlyList<ObservedBackend> Observed,
        IProvider Provider,
        ProviderAccess Access,
        ReconcileLimits Limits,
        PassClock Clock);
}
