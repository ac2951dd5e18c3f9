using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Store.Costs;

namespace Rouse.Server.Background;

/// <summary>Writes down what passes see running, so that it can be told what it cost. A look that cannot be written down fails no pass.</summary>
internal sealed partial class CapacityMeter(CapacityStore store, CapacityLimits limits, TimeProvider time, ILogger<CapacityMeter> logger)
{
    /// <summary>Spans remembered at most, those included that another replica has ended. Beyond it all are forgotten, as after a restart.</summary>
    private const int MaxRemembered = 100_000;

    /// <summary>When this process last saw each open span to hold.</summary>
    private readonly ConcurrentDictionary<long, DateTimeOffset> _seen = [];
    private MeterClock? _clock;

    /// <summary>As <see cref="ReconcilePorts.Meter"/>.</summary>
    public async ValueTask SeeAsync(DeploymentState row, IReadOnlyList<ObservedBackend> observed, CancellationToken ct)
    {
        try
        {
            if (_clock is null) Interlocked.CompareExchange(ref _clock, new MeterClock(time, await store.LastSeenAsync(ct)), comparand: null);
            var now = _clock.Now;
            var page = await store.NoteAsync(row.Tenant, row.Id, [.. observed.Select(backend => (backend.Id, backend.Name.Deployment))], Decide, ct);
            if (_seen.Count > MaxRemembered) _seen.Clear();
            foreach (var id in page.Confirmed) _seen[id] = now;
            foreach (var span in page.Changed.Where(span => !span.IsOpen)) _seen.TryRemove(span.Id, out _);

            LedgerPage Decide(CapacityBook book) =>
                CapacityLedger.Note(book.Expected(row, observed), book.Sightings(row, observed), LastSeen, now, limits);
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            // The next look makes it good; what passed meanwhile counts as it would after a crash.
            LogNotMetered(failure, row.Id);
        }
    }

    /// <summary>The stored spans as far as this process has seen them to go on since.</summary>
    public IReadOnlyList<CapacitySpan> Continue(IReadOnlyList<CapacitySpan> stored) =>
        [.. stored.Select(span => span.IsOpen && LastSeen(span.Id) is { } at && at > span.SeenAt ? span with { SeenAt = at } : span)];

    private DateTimeOffset? LastSeen(long id) => _seen.TryGetValue(id, out var at) ? at : null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Deployment}: what runs could not be written down for its cost; the next look does it")]
    private partial void LogNotMetered(Exception failure, DeploymentId deployment);
}
