using System.Text.Json;
using Rouse.Worker.Lifetime;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>Order and answers, one order at a time.</summary>
internal sealed class RunnerTalk(RunnerProcess process, Clock clock)
{
    /// <summary>For a run that was told to end: one step of a large model, or a picture's decoding. After that the process is ended instead.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(15);

    private long _run;

    public bool HasEnded => process.HasEnded;

    /// <summary>It did not end a run when asked, and was ended for it: no fault of the model's.</summary>
    public bool WasEnded { get; private set; }

    /// <summary>An order that cannot be ended but by ending the runner.</summary>
    public async Task<RunnerAnswer> AskAsync(Action<Utf8JsonWriter> order, CancellationToken ct)
    {
        await process.SendAsync(order, ReadOnlyMemory<byte>.Empty, ct);
        using var killed = ct.Register(process.Kill);
        try
        {
            return Judge(await process.ReceiveAsync(CancellationToken.None));
        }
        catch (EngineException) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException(ct);
        }
    }

    /// <param name="write">Members of the order besides its kind and number.</param>
    /// <param name="payload">Goes with it.</param>
    /// <param name="hear">Steps and what was made, in order.</param>
    /// <param name="ct">Ends the run within a step, or the runner after <see cref="StopGrace"/>.</param>
    public async Task<RunnerAnswer> RunAsync(Action<Utf8JsonWriter> write, ReadOnlyMemory<byte> payload, Action<RunnerAnswer> hear, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var run = ++_run;
        await process.SendAsync(
            json =>
            {
                json.WriteString("order", "run");
                json.WriteNumber("run", run);
                write(json);
            },
            payload, CancellationToken.None);
        var ended = HearAsync(hear);
        try
        {
            return Judge(await ended.WaitAsync(ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await EndAsync(run, ended);
            throw;
        }
    }

    private async Task EndAsync(long run, Task<RunnerAnswer> ended)
    {
        try
        {
            await process.SendAsync(
                json =>
                {
                    json.WriteString("order", "cancel");
                    json.WriteNumber("run", run);
                },
                ReadOnlyMemory<byte>.Empty, CancellationToken.None);
            await ended.WaitAsync(StopGrace, clock.Time);
        }
        catch (TimeoutException)
        {
            WasEnded = true;
            process.Kill();
            await ended.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        catch (EngineException)
        {
            // It ended by dying; the next job finds another.
        }
    }

    private async Task<RunnerAnswer> HearAsync(Action<RunnerAnswer> hear)
    {
        while (true)
        {
            var answer = await process.ReceiveAsync(CancellationToken.None);
            if (answer.Kind is not ("step" or "made")) return answer;
            hear(answer);
        }
    }

    /// <exception cref="EngineException">The runner says that it failed.</exception>
    private static RunnerAnswer Judge(RunnerAnswer answer) => answer.Kind == "failed"
        ? throw new EngineException(answer.Body.GetProperty("code").GetString()!, answer.Body.GetProperty("message").GetString()!)
        : answer;
}
