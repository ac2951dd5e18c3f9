using System.Runtime.InteropServices;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Gateway.Jobs;

/// <summary>Who waits for news of single jobs: callers of <c>runsync</c> and <c>stream</c>. Holds nothing for jobs that nobody watches.</summary>
internal sealed class JobWatches
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(DeploymentId, JobId), Watched> _watched = [];

    /// <summary>Until disposed, news of the job fires the watch.</summary>
    public Watch Open(DeploymentId deployment, JobId id)
    {
        lock (_gate)
        {
            ref var watched = ref CollectionsMarshal.GetValueRefOrAddDefault(_watched, (deployment, id), out _);
            watched ??= new Watched();
            watched.Watchers++;
            return new Watch(this, (deployment, id), watched.News);
        }
    }

    public void Fire(DeploymentId deployment, JobId id)
    {
        Watched? watched;
        lock (_gate) _watched.TryGetValue((deployment, id), out watched);
        watched?.News.Fire();
    }

    private void Close((DeploymentId, JobId) key)
    {
        lock (_gate)
        {
            if (--_watched[key].Watchers == 0) _watched.Remove(key);
        }
    }

    internal sealed class Watch(JobWatches watches, (DeploymentId, JobId) key, Pulse news) : IDisposable
    {
        public Task Next => news.Next;

        public void Dispose() => watches.Close(key);
    }

    private sealed class Watched
    {
        public Pulse News { get; } = new();

        public int Watchers { get; set; }
    }
}
