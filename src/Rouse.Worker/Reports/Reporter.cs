using System.Net;
using Rouse.Contracts.Workers;
using Rouse.Worker.Configuration;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Watchdog;

namespace Rouse.Worker.Reports;

/// <summary>
/// Tells the control plane phases, progress and logs, signed, in order and at least once: a report keeps its number until it is accepted, the
/// receiver drops what it has seen. Without a control plane it does nothing.
/// </summary>
internal sealed class Reporter(
    ControlPlane? control, HttpClient http, ReportQueue queue, WorkerLog log, Shutdown shutdown, LastContact contact, Clock clock)
{
    /// <summary>How long log lines are gathered before they are sent.</summary>
    public static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>One request; the control plane answers in milliseconds or not at all.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait between tries, short enough that a restarted control plane learns the state soon.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), LongestWait, clock.Jitter);
    private readonly ReportSigner? _signer = control is null ? null : new(control.Secret, clock.Time);
    private readonly CancellationTokenSource _ending = new();
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource? _told;

    public void Start()
    {
        if (control is not null) _sending = SendAllAsync(control);
    }

    public void Phase(string phase) => Add(new PhaseChange(phase));

    public void Ready(WorkerPhaseTimes times) => Add(new PhaseChange("ready", Times: times));

    /// <summary>Waits until all that was said so far is accepted or dropped, for at most <paramref name="patience"/>.</summary>
    public async Task ToldAsync(TimeSpan patience)
    {
        if (control is null) return;
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _told, told);
        queue.Poke();
        await Task.WhenAny(told.Task, Task.Delay(patience, clock.Time, _ending.Token));
    }

    public void Failed(string code, string message) => Add(new PhaseChange("failed", code, log.Mask(message)));

    public void AskToBePutAway() => Add(new PhaseChange(Phase: null, Cleanup: "idle_timeout"));

    public void Progress(string stage, long done, long? total, string unit)
    {
        if (control is not null) queue.Add(new WorkerProgress(stage, done, total, unit));
    }

    public void Cache(WorkerCacheUse use)
    {
        if (control is not null) queue.Add(use);
    }

    /// <summary>Tells what is left, for at most <paramref name="patience"/>, and stops.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        _ending.CancelAfter(patience);
        queue.Close();
        await _sending;
        _ending.Dispose();
    }

    private void Add(PhaseChange change)
    {
        if (control is not null) queue.Add(change);
    }

    private async Task SendAllAsync(ControlPlane plane)
    {
        try
        {
            while (true)
            {
                await queue.Something.WaitAsync(_ending.Token);
                await GatherAsync();
                var closed = queue.IsClosed;
                TaskCompletionSource? told;
                do
                {
                    // Taken before the queue is emptied: what was said before somebody began to wait is in it. Looked for again
                    // afterwards: a poke during a send is forgotten when the queue runs empty.
                    told = Interlocked.Exchange(ref _told, null);
                    while (queue.Take() is { } report) await SendAsync(plane, report);
                    told?.TrySetResult();
                }
                while (Volatile.Read(ref _told) is not null);
                if (closed) return;
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The last words found no listener in the time given.
        }
    }

    /// <summary>Until there may be enough lines for a report, or something that should not wait for them: a first take waits for the phases before it.</summary>
    private async Task GatherAsync()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        await Task.WhenAny(Task.Delay(BatchDelay, clock.Time, enough.Token), queue.Urgent);
        await enough.CancelAsync();
        _ending.Token.ThrowIfCancellationRequested();
    }

    private async Task SendAsync(ControlPlane plane, WorkerReport report)
    {
        for (var failures = 1; ; failures++)
        {
            switch (await TrySendAsync(plane, report))
            {
                case Delivery.Accepted:
                    return;
                case Delivery.Refused:
                    // Not tunnelled: a line about a refused report would make the next report.
                    log.WarningHere($"The control plane refused report {report.Sequence}; it is dropped.");
                    return;
                case Delivery.GivenUp:
                    shutdown.Request(StopReason.GivenUp);
                    _ending.Cancel();
                    return;
                default:
                    await Task.Delay(_backoff.After(failures), clock.Time, _ending.Token);
                    break;
            }
        }
    }

    private async Task<Delivery> TrySendAsync(ControlPlane plane, WorkerReport report)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(RequestTimeout);
        try
        {
            using var request = _signer!.Sign(plane.ReportsUrl, report);
            using var response = await http.SendAsync(request, limit.Token);
            if ((int)response.StatusCode < 500) contact.Heard();
            if (response.StatusCode == HttpStatusCode.Unauthorized && _signer.Correct(response)) return Delivery.Unknown;
            return response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.Gone => Delivery.GivenUp,
                HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError
                    => Delivery.Unknown,
                _ => response.IsSuccessStatusCode ? Delivery.Accepted : Delivery.Refused,
            };
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !_ending.IsCancellationRequested))
        {
            return Delivery.Unknown;
        }
    }

    private enum Delivery
    {
        Accepted,

        /// <summary>Malformed in the receiver's eyes; sending it again would not help.</summary>
        Refused,

        /// <summary>The attempt is over: nobody wants this worker any more.</summary>
        GivenUp,

        Unknown,
    }
}
