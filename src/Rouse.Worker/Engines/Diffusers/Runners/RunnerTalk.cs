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

    /// <summary>It was ended for what was asked of it to end, and did not or could not by itself: no fault of the model's.</summary>
    public bool WasEnded { get; private set; }

    /// <summary>An order that cannot be ended but by ending the runner.</summary>
    /// <param name="expected">The kind of answer that says that it was obeyed.</param>
    public async Task<RunnerAnswer> AskAsync(Action<Utf8JsonWriter> order, string expected, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var killed = ct.Register(EndProcess);
        try
        {
            await process.SendAsync(order, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
            return await JudgeAsync(await process.ReceiveAsync(CancellationToken.None), expected);
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
        var sent = process.SendAsync(
            json =>
            {
                json.WriteString("order", "run");
                json.WriteNumber("run", run);
                write(json);
            },
            payload, CancellationToken.None);
        var ended = HearAsync(sent, run, hear);
        try
        {
            return await ended.WaitAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await EndAsync(run, sent, ended);
            throw;
        }
    }

    private async Task EndAsync(long run, Task sent, Task<RunnerAnswer> ended)
    {
        try
        {
            // A runner that is stuck does not even read.
            await sent.WaitAsync(StopGrace, clock.Time);
            await process.SendAsync(
                json =>
                {
                    json.WriteString("order", "cancel");
                    json.WriteNumber("run", run);
                },
                ReadOnlyMemory<byte>.Empty, CancellationToken.None).WaitAsync(StopGrace, clock.Time);
            await ended.WaitAsync(StopGrace, clock.Time);
        }
        catch (TimeoutException)
        {
            EndProcess();
            await ended.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
        catch (EngineException)
        {
            // It ended by dying; the next job finds another.
        }
    }

    /// <summary>A runner that cannot be followed is ended: what it says next would be taken for the next job's.</summary>
    private async Task<RunnerAnswer> HearAsync(Task sent, long run, Action<RunnerAnswer> hear)
    {
        await sent;
        while (true)
        {
            var answer = await process.ReceiveAsync(CancellationToken.None);
            try
            {
                if (answer.Body.GetProperty("run").GetInt64() != run) throw new InvalidOperationException("it spoke of another run");
                if (answer.Kind is not ("step" or "made")) return await JudgeAsync(answer, "done");
                hear(answer);
            }
            catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
            {
                throw await process.BreakAsync(fault);
            }
        }
    }

    /// <exception cref="EngineException">The runner says that it failed, or stopped.</exception>
    private async Task<RunnerAnswer> JudgeAsync(RunnerAnswer answer, string expected)
    {
        if (answer.Kind == expected) return answer;
        if (answer.Kind == "stopped") throw new EngineException(EngineFault.EngineFailed, "The run was stopped.");
        if (answer.Kind != "failed") throw await process.BreakAsync(new InvalidOperationException($"'{answer.Kind}' is no answer to this"));
        var (code, message) = (answer.Body.GetProperty("code").GetString()!, answer.Body.GetProperty("message").GetString()!);
        // What it met it cannot get over: it ends itself, and must not be given another job before.
        if (answer.Body.TryGetProperty("ends", out var ends) && ends.ValueKind == JsonValueKind.True) await process.EndAsync();
        throw new EngineException(code, message);
    }

    private void EndProcess()
    {
        WasEnded = true;
        process.Kill();
    }
}
