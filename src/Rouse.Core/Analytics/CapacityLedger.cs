namespace Rouse.Core.Analytics;

/// <param name="Changed">Spans as they are to be stored: those without an id are new, those that are not open have ended.</param>
/// <param name="Confirmed">Ids of stored spans that were seen to go on.</param>
public sealed record LedgerPage(IReadOnlyList<CapacitySpan> Changed, IReadOnlyList<long> Confirmed);

/// <summary>
/// Turns looks into spans. Pure: the same look twice changes nothing the second time.
/// <code>
///   watched (the last look was recent)      same ──► goes on              other ──► ends now, another begins     gone ──► ends at the last look
///   not watched (a crash, a long outage)    same ──► goes on, as a guess  other ──► ends at the last look, another begins
/// </code>
/// Between the last look and a change that nobody watched lies time that no span claims: it is told as unobserved.
/// </summary>
public static class CapacityLedger
{
    /// <param name="open">The open spans of the backends seen, and those that the look should have shown and did not.</param>
    /// <param name="lastSeen">When this process last saw a stored span to hold; the store knows it less exactly.</param>
    /// <param name="now">Of a clock that never goes back (<see cref="MeterClock"/>).</param>
    public static LedgerPage Note(
        IReadOnlyList<CapacitySpan> open, IReadOnlyList<CapacitySighting> seen, Func<long, DateTimeOffset?> lastSeen, DateTimeOffset now, CapacityLimits limits)
    {
        List<CapacitySpan> changed = [];
        List<long> confirmed = [];
        foreach (var span in open)
        {
            var last = Later(span.SeenAt, lastSeen(span.Id));
            var gap = Later(now, last) - last;
            var sighting = seen.FirstOrDefault(one => one.Backend == span.Backend);
            if (sighting is { Figures: null }) continue;
            if (sighting is not null && IsSame(span, sighting))
            {
                confirmed.Add(span.Id);
                if (now - span.SeenAt < limits.Resolution) continue;
                changed.Add(span with { SeenAt = last + gap, Guessed = span.Guessed + (gap > limits.Patience ? gap : TimeSpan.Zero) });
                continue;
            }

            changed.Add(sighting is not null && gap <= limits.Patience
                ? span with { SeenAt = last + gap, IsOpen = false }
                : span with { SeenAt = last, Unobserved = gap, IsOpen = false });
        }

        var begun = seen.Where(one => one.Figures is { IsNothing: false } && !open.Any(span => span.Backend == one.Backend && IsSame(span, one)));
        changed.AddRange(begun.Select(one => new CapacitySpan
        {
            Deployment = one.Payer, Attempt = one.Attempt, Backend = one.Backend, Figures = one.Figures!, From = now, SeenAt = now,
        }));
        return new LedgerPage(changed, confirmed);
    }

    private static bool IsSame(CapacitySpan span, CapacitySighting one) =>
        span.Deployment == one.Payer && span.Attempt == one.Attempt && span.Figures == one.Figures;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset? b) => b > a ? b.Value : a;
}
