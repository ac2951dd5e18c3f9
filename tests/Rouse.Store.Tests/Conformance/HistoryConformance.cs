using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Conformance;

public sealed class SqliteHistoryTests(SqliteEngine engine) : HistoryConformance<SqliteEngine>(engine);

public sealed class PostgresHistoryTests(PostgresEngine engine) : HistoryConformance<PostgresEngine>(engine);

/// <summary>Random calls in random order, several at once; the history that was written must be one that the rules allow.</summary>
public abstract class HistoryConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    private static readonly FailureCause s_cause = new(FailureCodes.EngineFailed, "It fell over.");
    private readonly StoreWorld _world = new(engine.Database);

    [EngineFact]
    public async Task History_WhenNewsComesInAnyOrder_NeverResurrectsUnFailsOrUnDeletes()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var id = await _world.InsertAsync();
            await Task.WhenAll(Enumerable.Range(0, 3).Select(actor => Task.Run(async () =>
            {
                var random = new Random((seed * 10) + actor);
                for (var i = 0; i < 15; i++) await ActAsync(id, random, actor, i);
            })));

            Assert.Null(Fault(await _world.LoadAsync(id), await _world.EventsAsync(id)) is { } fault ? $"Seed {seed}: {fault}" : null);
        }
    }

    private async Task ActAsync(DeploymentId id, Random random, int actor, int number)
    {
        var store = _world.Deployments;
        var tenant = _world.Tenant;
        var attempt = Math.Max(0, (await _world.LoadAsync(id)).Attempt + random.Next(-1, 2));
        var backend = new BackendId($"b{random.Next(2)}");
        var phase = (Phase)random.Next((int)Phase.Deleted + 1);
        // Ends are rare, so that histories have a middle.
        if (phase.IsEnded() && random.Next(4) > 0) phase = Phase.LoadingModel;
        _ = random.Next(12) switch
        {
            0 or 1 => await store.BeginAttemptAsync(tenant, id, attempt, Cpu, [Cpu.Key()], None),
            2 or 3 => await store.RecordBackendAsync(tenant, id, attempt, backend, None),
            4 => await store.RecordRefusalAsync(tenant, id, attempt, s_cause, None),
            5 => await store.ForgetBackendAsync(tenant, id, attempt, backend, _world.Time.GetUtcNow(), None),
            6 => random.Next(8) == 0 && await store.RequestDeleteAsync(tenant, id, None),
            7 => await store.MarkReleasedAsync(tenant, id, None),
            8 or 9 => await store.ApplyReportAsync(
                tenant, id,
                new AttemptReport(attempt, $"w{actor}", number, phase, phase == Phase.Failed ? s_cause : null, [], null),
                None) is ReportOutcome.Applied,
            _ => await store.AdvanceAsync(tenant, id, attempt, phase, phase == Phase.Failed ? s_cause : null, None),
        };
    }

    private static string? Fault(DeploymentState row, IReadOnlyList<DeploymentEvent> history)
    {
        var changes = history.Select(happened => happened.News).OfType<PhaseChange>().ToList();
        foreach (var (from, to) in changes.Zip(changes.Skip(1)))
        {
            var advanced = Phases.MayAdvance(from.Phase, from.Attempt, to.Phase, to.Attempt);
            var begun = !from.Phase.IsEnded() && to.Attempt == from.Attempt + 1 && to.Phase == Phase.CreatingEndpoint;
            var lost = !from.Phase.IsEnded() && to.Attempt == from.Attempt && to.Phase == Phase.SelectingGpu;
            if (!advanced && !begun && !lost) return $"{from} went to {to}.";
            if (to.Phase == Phase.Failed && to.Cause is null) return $"{to} names no cause.";
        }

        if (changes[^1].Phase != row.Phase || changes[^1].Attempt != row.Attempt)
        {
            return $"The last event is {changes[^1]}, the row is at {row.Phase} of attempt {row.Attempt}.";
        }
        if (row.Phase.IsEnded() != row.EndedAt is not null) return $"{row.Phase} with an end at {row.EndedAt}.";
        if (row.ReleasedAt is not null && !row.Phase.IsEnded()) return $"{row.Phase} and released.";
        if (row.Phase == Phase.Ready && row.ReadyAt is null) return "Ready since no time.";
        return changes.Exists(change => change.Phase == Phase.Failed) != row.Error is not null
            ? "The error does not tell what the history does."
            : null;
    }
}
