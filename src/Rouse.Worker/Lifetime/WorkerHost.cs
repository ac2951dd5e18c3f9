using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Outputs;
using Rouse.Worker.Protocol;
using Rouse.Worker.Reports;
using Rouse.Worker.Telemetry;
using Rouse.Worker.Watchdog;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary>One worker's life: reports → weights → engine → jobs, and the same way back.</summary>
internal sealed class WorkerHost(WorkerSettings settings, WeightsStore weights, IEngine engine, WorkerLog log, Shutdown shutdown, Clock clock)
{
    /// <summary>For the last reports of a worker that ends as asked.</summary>
    public static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    /// <summary>For the report of a fatal start or a broken machine: without it nobody learns why, or stops paying.</summary>
    public static readonly TimeSpan LastWordsOfFailure = TimeSpan.FromSeconds(60);

    /// <summary>What probes are told of this life.</summary>
    public WorkerHealth Health { get; init; } = new(shutdown);

    public JobMetrics Metrics { get; init; } = new(log, clock.Time);

    public async Task<ExitCode> RunAsync()
    {
        using var told = shutdown.Draining.Register(() => log.Info(shutdown.Reason!.Message));
        using var http = CreateHttpClient();
        var contact = new LastContact(clock.Time);
        var queue = new ReportQueue(settings.WorkerId, settings.Run);
        var reporter = new Reporter(settings.Control, http, queue, log, shutdown, contact, clock);
        if (settings.Control is { TunnelLogs: true }) log.Tunnel = queue.Add;
        reporter.Start();
        log.Info($"Worker {settings.WorkerId} serves {settings.ModelPath ?? settings.Model?.ToString() ?? settings.ModelName}.");

        var urls = new JobUrls(settings.Jobs, settings.WorkerId);
        var running = new RunningJobs(clock.Time);
        using var pinger = new Pinger(http, urls, settings.Jobs.Key, settings.Jobs.PingInterval, running, contact);

        var fault = await StartAsync(reporter);
        if (fault is null && !shutdown.Draining.IsCancellationRequested)
        {
            Health.Serves(engine);
            pinger.Start();
            // Only now is a server asked again and again: a long download without a control plane is no silence.
            contact.Heard();
            var watch = SilenceWatch.RunAsync(contact, settings.SilenceLimit, shutdown, clock.Time);
            var idle = settings.IdleLimit > TimeSpan.Zero
                ? IdleWatch.RunAsync(running, settings.IdleLimit, span => AskToBePutAway(reporter, span), clock.Time, shutdown.Draining)
                : Task.CompletedTask;
            _ = EndWhenBrokenAsync();
            await ServeAsync(new JobPlaneClient(http, urls, settings.Jobs.Key, contact), Composition.CreateOutputs(http, settings, log, clock), running);
            await watch;
            await idle;
        }

        var isBroken = settings.IsSole && shutdown.Reason == StopReason.EngineBroken;
        if (fault is not null)
        {
            log.Error($"{fault.Code}: {fault.Message}");
            reporter.Failed(fault.Code, fault.Message);
            if (settings.Control is null) pinger.TellUnhealthy(fault.Code, log.Mask(fault.Message));
        }
        else if (isBroken)
        {
            reporter.Failed("worker_unhealthy", engine.Broken.IsCompletedSuccessfully ? engine.Broken.Result.Message : BrokenMachine);
        }

        await reporter.FinishAsync(fault is null && !isBroken ? LastWords : LastWordsOfFailure);
        return fault is null ? shutdown.ExitCode : ExitCode.FatalStart;
    }

    /// <summary>A control plane that is busy must not keep a loaded model from its work for long.</summary>
    private static readonly TimeSpan PatienceForPhases = TimeSpan.FromSeconds(2);

    private string BrokenMachine =>
        $"The engine failed {settings.FailureLimit} jobs in a row, so its machine was given up. Read the log, then deploy again.";

    private void AskToBePutAway(Reporter reporter, TimeSpan idle)
    {
        log.Info($"No job for {idle.TotalSeconds:0} s: asking to be put away.");
        reporter.AskToBePutAway();
    }

    private async Task<StartFault?> StartAsync(Reporter reporter)
    {
        try
        {
            var start = new StartUp(settings, weights, engine, reporter, log, clock);
            var fault = await start.RunAsync(shutdown.Draining);
            if (fault is not null) return fault;
            reporter.Ready(start.Times);
            // Asking for a job tells the control plane as well that this worker is ready; the phases on the way there should be known by then.
            await reporter.ToldAsync(PatienceForPhases);
            return null;
        }
        catch (OperationCanceledException) when (shutdown.Draining.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task EndWhenBrokenAsync()
    {
        var fault = await engine.Broken;
        log.Error($"{fault.Code}: {fault.Message}");
        shutdown.Request(StopReason.EngineBroken);
    }

    private async Task ServeAsync(JobPlaneClient plane, OutputDesk outputs, RunningJobs running)
    {
        var streak = new FailureStreak(settings.FailureLimit);
        var deliveries = new Deliveries(outputs, new ResultSender(plane, log, clock), shutdown, clock);
        var runner = new JobRunner(engine, plane, outputs, streak, Metrics, log, clock);
        using var ended = new CancellationTokenSource();
        // Stop polls go on while the last job drains: it may still be cancelled.
        var stops = new StopLoop(plane, running, log, clock).RunAsync(ended.Token);
        await new JobLoop(engine, plane, running, runner, deliveries, streak, shutdown, log, clock).RunAsync();
        await ended.CancelAsync();
        await stops;
    }

    private static HttpClient CreateHttpClient() => new(new SocketsHttpHandler
    {
        // A key must not follow a redirect, and a server of this protocol sends none.
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = JobPlaneClient.MaxAnswerBytes,
        DefaultRequestHeaders = { { "User-Agent", "rouse-worker/0.1" } },
    };
}
