using System.Collections.Concurrent;
using System.Net;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Gateway.Forwarding;

namespace Rouse.Gateway.Readiness;

/// <summary>
/// Asks the backends of services whether they can work: often while somebody waits, seldom otherwise, and not at all while traffic flows, unless a
/// request found one unreachable.
/// </summary>
public sealed class Prober(BackendHttp http, IDemand demand, ProbeBounds bounds, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<DeploymentId, Watched> _watched = new();
    private readonly SemaphoreSlim _places = new(bounds.Parallelism);

    /// <summary>Raised when a verdict changed, on the thread that found out. Handlers must return at once.</summary>
    public event Action<DeploymentId>? Changed;

    /// <summary>Asks this backend from now on, in place of any other of the deployment. The same one again changes no more than how often.</summary>
    /// <param name="isSparing">To ask is to keep it awake, and somebody pays for that: it is asked while somebody waits, or where a request found it unreachable.</param>
    public void Watch(ProbeTarget target, bool isSparing = false)
    {
        while (true)
        {
            if (!_watched.TryGetValue(target.Deployment, out var known))
            {
                var first = new Watched(target, bounds) { IsSparing = isSparing };
                if (!_watched.TryAdd(target.Deployment, first)) continue;
                first.Begin(AskAsync(first));
                return;
            }

            known.IsSparing = isSparing;
            if (known.Target == target) return;
            Forget(known);
        }
    }

    /// <summary>Asks no more; what was found is forgotten.</summary>
    public void Forget(DeploymentId deployment)
    {
        if (_watched.TryGetValue(deployment, out var known)) Forget(known);
    }

    /// <summary>What is known of that backend: nothing, unless it is the one that is watched.</summary>
    /// <param name="backend">As <see cref="Routing.RouteBackend.Id"/>.</param>
    public Verdict Of(DeploymentId deployment, string backend) =>
        _watched.TryGetValue(deployment, out var known) && known.Target.Backend.Id == backend ? known.Verdict : default;

    /// <summary>Somebody begins to wait: asks now, unless it is ready.</summary>
    public void Hurry(DeploymentId deployment)
    {
        if (_watched.TryGetValue(deployment, out var known) && !known.Verdict.IsReady) known.Nudge();
    }

    /// <summary>A request found it unreachable: asks now, and believes one answer.</summary>
    /// <param name="backend">As <see cref="Routing.RouteBackend.Id"/>.</param>
    public void Doubt(string backend)
    {
        foreach (var known in _watched.Values.Where(known => known.Target.Backend.Id == backend))
        {
            known.IsDoubted = true;
            known.Nudge();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Watched[] all = [.. _watched.Values];
        foreach (var known in all) Forget(known);
        await Task.WhenAll(all.Select(known => known.Loop)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _places.Dispose();
    }

    private void Forget(Watched known)
    {
        _watched.TryRemove(KeyValuePair.Create(known.Target.Deployment, known));
        known.End();
    }

    private async Task AskAsync(Watched watched)
    {
        await Task.Yield();
        var began = time.GetTimestamp();
        while (!watched.Ended.IsCancellationRequested)
        {
            var nudged = watched.Rearm();
            if (IsDue(watched))
            {
                var wasDoubted = watched.IsDoubted;
                watched.IsDoubted = false;
                Take(watched, await OnceAsync(watched), wasDoubted);
                if (watched.Verdict.IsReady) began = time.GetTimestamp();
            }

            var pause = watched.IsDoubted ? bounds.ShortestPause
                : watched.Pace.Pause(watched.Verdict, demand.Of(watched.Target.Deployment).Held > 0, time.GetElapsedTime(began));
            await nudged.WaitAsync(pause, time, watched.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsDue(Watched watched)
    {
        if (watched.IsDoubted) return true;
        var id = watched.Target.Deployment;
        return watched.IsSparing ? !watched.Verdict.IsReady && demand.Of(id).Held > 0 : !watched.Verdict.IsReady || IsQuiet(id);
    }

    /// <summary>Nothing went there for as long as a pause, so nothing else would tell.</summary>
    private bool IsQuiet(DeploymentId deployment)
    {
        var asked = demand.Of(deployment);
        return asked.InFlight == 0 && (asked.LastByte is not { } last || time.GetUtcNow() - last >= bounds.ReadyPause);
    }

    private void Take(Watched watched, Verdict found, bool wasDoubted)
    {
        if (watched.Ended.IsCancellationRequested || found == watched.Verdict) return;
        if (watched.Verdict.IsReady && !found.IsReady && !wasDoubted)
        {
            // One ask that nobody heard says little: it is asked once more.
            watched.IsDoubted = true;
            return;
        }

        watched.Verdict = found;
        Changed?.Invoke(watched.Target.Deployment);
    }

    private async Task<Verdict> OnceAsync(Watched watched)
    {
        var target = watched.Target;
        using var limit = new CancellationTokenSource(watched.Pace.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, watched.Ended);
        try
        {
            await _places.WaitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            return watched.Verdict;
        }

        var began = time.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(target.Backend.Address.AbsoluteUri.TrimEnd('/') + target.HealthPath)) { Version = HttpVersion.Version11 };
            if (target.Backend.Authorization is { } key) request.Headers.TryAddWithoutValidation("Authorization", key.Reveal(SecretPurpose.ProviderCall));
            using var response = await http.For(target.Backend).SendAsync(request, both.Token);
            var body = await ReadAsync(response.Content, both.Token);
            watched.Pace.Answered(time.GetElapsedTime(began));
            return HealthAnswer.Read((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, body.Span, target.HealthPath);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            watched.Pace.TimedOut();
            return new Verdict(ReadyState.NotReady, Silent(target));
        }
        catch (OperationCanceledException)
        {
            return watched.Verdict;
        }
        catch (Exception)
        {
            // Whatever it was, the loop goes on: what cannot be asked now is asked again.
            return new Verdict(ReadyState.NotReady, Silent(target));
        }
        finally
        {
            _places.Release();
        }
    }

    // One sentence for all that is no answer: told apart, a name that is blocked, a port that refuses and a silent host would map a network for callers.
    private static string Silent(ProbeTarget target) => $"It does not answer at {target.HealthPath}.";

    private async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken ct)
    {
        await using var stream = await content.ReadAsStreamAsync(ct);
        var buffer = new byte[bounds.MaxBodyBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return buffer.AsMemory(0, length);
    }

    private sealed class Watched(ProbeTarget target, ProbeBounds bounds)
    {
        private readonly CancellationTokenSource _end = new();
        private volatile TaskCompletionSource _nudge = New();
        private volatile bool _isDoubted;
        private volatile bool _isSparing;
        private Verdict _verdict;

        public ProbeTarget Target => target;

        public ProbePace Pace { get; } = new(bounds);

        public CancellationToken Ended => _end.Token;

        public Task Loop { get; private set; } = Task.CompletedTask;

        public bool IsSparing
        {
            get => _isSparing;
            set => _isSparing = value;
        }

        public bool IsDoubted
        {
            get => _isDoubted;
            set => _isDoubted = value;
        }

        public Verdict Verdict
        {
            get
            {
                lock (_end) return _verdict;
            }

            set
            {
                lock (_end) _verdict = value;
            }
        }

        public void Begin(Task loop) => Loop = loop;

        public void End() => _end.Cancel();

        public void Nudge() => _nudge.TrySetResult();

        /// <summary>Completes with the next nudge after this call.</summary>
        public Task Rearm()
        {
            if (_nudge.Task.IsCompleted) _nudge = New();
            return _nudge.Task;
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
