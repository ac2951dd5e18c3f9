using System.Runtime.InteropServices;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Usage;
using Rouse.Store.Usage;

namespace Rouse.Server.Usage;

/// <summary>Makes few rows of many requests: those to one service that came within the same <see cref="Span"/> are one.</summary>
internal sealed class UsageFold
{
    /// <summary>What a question about a time may be off by at its ends.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromSeconds(10);

    private readonly Dictionary<(TenantId, DeploymentId, long), Sum> _sums = [];

    public bool IsEmpty => _sums.Count == 0;

    public void Add(in RequestUsage one)
    {
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, (one.Tenant, one.Deployment, one.At.UtcTicks / Span.Ticks), out _);
        sum ??= new Sum();
        sum.Add(one);
    }

    /// <summary>Takes all of it out.</summary>
    /// <param name="number">Of the last row before; of the last of these afterwards.</param>
    public IEnumerable<UsageRow> Take(ref long number)
    {
        List<UsageRow> rows = new(_sums.Count);
        foreach (var ((tenant, deployment, _), sum) in _sums) rows.Add(sum.ToRow(++number, tenant, deployment));
        _sums.Clear();
        return rows;
    }

    private sealed class Sum
    {
        private readonly DurationHistogram _waited = new();
        private readonly DurationHistogram _lasted = new();
        private DateTimeOffset _at = DateTimeOffset.MaxValue;
        private long _requests;
        private long _queued;
        private long _succeeded;
        private long _refused;
        private long _failed;
        private long _cold;
        private long _bytesIn;
        private long _bytesOut;

        public void Add(in RequestUsage one)
        {
            if (one.At < _at) _at = one.At;
            _requests++;
            if (one.Kind == RequestKind.Queued) _queued++;
            if (one.Status >= 500) _failed++;
            else if (one.Status >= 400) _refused++;
            else if (one.Status >= 100) _succeeded++;
            if (one.ColdStart) _cold++;
            _bytesIn += one.BytesIn;
            _bytesOut += one.BytesOut;
            _waited.Add(one.Waited);
            _lasted.Add(one.Lasted);
        }

        public UsageRow ToRow(long number, TenantId tenant, DeploymentId deployment) => new(
            number, tenant, deployment, _at,
            new UsageTotals
            {
                Requests = _requests, Queued = _queued, Succeeded = _succeeded, Refused = _refused, Failed = _failed, Unanswered = _requests - _succeeded - _refused - _failed,
                ColdStarts = _cold, BytesIn = _bytesIn, BytesOut = _bytesOut,
            },
            _waited, _lasted);
    }
}
