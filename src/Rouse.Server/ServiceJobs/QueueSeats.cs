using System.Collections.Concurrent;
using Rouse.Core.Deployments;
using Rouse.Gateway.Routing;
using Rouse.Store.Jobs;

namespace Rouse.Server.ServiceJobs;

/// <summary>
/// Places in the queue of a service, exactly as many as <see cref="HttpService.MaxQueue"/>. A request takes one before its body is read and keeps it until
/// its job is counted by the store, so that what is refused costs neither disk nor time. (The store counts once more with the write: other replicas.)
/// </summary>
internal sealed class QueueSeats
{
    /// <summary>Within it a queue that was found full is taken for full without asking again. So long may a place stay empty that another replica made free.</summary>
    private static readonly TimeSpan s_fullFor = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<DeploymentId, Row> _rows = new();
    private readonly ServiceJobStore _store;
    private readonly TimeProvider _time;

    public QueueSeats(ServiceJobStore store, RouteTable routes, Gateway.Jobs.JobPlane plane, TimeProvider time)
    {
        (_store, _time) = (store, time);
        plane.Changed += id =>
        {
            if (_rows.TryGetValue(id, out var row)) row.FullUntil = 0;
        };
        routes.Changed += route =>
        {
            if (route.State == RouteState.Ended) _rows.TryRemove(route.Deployment, out _);
        };
    }

    /// <summary>Null when all are taken.</summary>
    public async ValueTask<Seat?> TakeAsync(DeploymentId deployment, int most, CancellationToken ct)
    {
        var row = _rows.GetOrAdd(deployment, static _ => new Row());
        if (_time.GetTimestamp() < Volatile.Read(ref row.FullUntil)) return null;
        await row.Gate.WaitAsync(ct);
        try
        {
            if (_time.GetTimestamp() < Volatile.Read(ref row.FullUntil)) return null;
            var waiting = await _store.CountWaitingAsync(deployment, ct);
            if (waiting + row.Taken >= most)
            {
                if (waiting >= most) row.FullUntil = _time.GetTimestamp() + (long)(s_fullFor.TotalSeconds * _time.TimestampFrequency);
                return null;
            }

            row.Taken++;
            return new Seat(row);
        }
        finally
        {
            row.Gate.Release();
        }
    }

    /// <summary>One place. Given up when disposed.</summary>
    internal sealed class Seat(Row row) : IAsyncDisposable
    {
        private bool _isLeft;

        /// <summary>Queues the job. From then on the store counts it, and the place is not counted twice for a moment.</summary>
        public async ValueTask<T> SubmitAsync<T>(Func<ValueTask<T>> submit)
        {
            await row.Gate.WaitAsync(CancellationToken.None);
            try
            {
                return await submit();
            }
            finally
            {
                Leave();
                row.Gate.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_isLeft) return;
            await row.Gate.WaitAsync(CancellationToken.None);
            Leave();
            row.Gate.Release();
        }

        private void Leave()
        {
            if (!_isLeft) row.Taken--;
            _isLeft = true;
        }
    }

    internal sealed class Row
    {
        public long FullUntil;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        /// <summary>Under <see cref="Gate"/>.</summary>
        public int Taken { get; set; }
    }
}
