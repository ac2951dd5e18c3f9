using System.Collections;
using System.Text.Json;
using Rouse.Contracts.Workers;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>
/// One Python process. It ends when its standard input does, and its group ends with the worker: one that is killed leaves none behind. Frames go over its
/// standard streams; what it and its libraries print comes over standard error and into the worker's log.
/// </summary>
internal sealed class RunnerProcess : IAsyncDisposable
{
    /// <summary>For a runner whose pipe was closed; it ends within milliseconds unless the machine is stuck.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    /// <summary>Characters of its last line that a message shows.</summary>
    private const int MaxWords = 300;

    private readonly RunnerFolder _folder;
    private readonly ServerLines _lines;
    private readonly ChildProcess _child;
    private volatile string _lastWords = "";

    private RunnerProcess(ServerCommand command, IReadOnlyDictionary<string, string> environment, RunnerFolder folder, WorkerLog log, Clock clock)
    {
        (_folder, _lines) = (folder, new ServerLines(command.Name, log, clock));
        _child = ChildProcess.Start(command, environment, Hear, clock.Time);
    }

    public int Id => _child.Id;

    public bool HasEnded => _child.Exited.IsCompleted;

    /// <exception cref="EngineException">There is no such Python.</exception>
    public static RunnerProcess Start(string python, WorkerLog log, Clock clock)
    {
        var folder = RunnerFolder.Write();
        var own = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(static variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? ""));
        var command = new ServerCommand("runner", [python, "-u", "-m", RunnerFolder.Package]) { Folder = folder.Path, IsPiped = true };
        try
        {
            return new RunnerProcess(command, RunnerEnvironment.Of(own, folder), folder, log, clock);
        }
        catch (EngineException fault)
        {
            folder.Dispose();
            throw new EngineException(
                fault.Code, $"{fault.Message} This engine needs Python 3.10 or later with torch, diffusers and transformers: install it, name it in {DiffusersVariables.Python}, "
                + "or use the image made by deploy/worker-diffusers.Dockerfile.", fault);
        }
    }

    public async Task SendAsync(Action<Utf8JsonWriter> order, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        try
        {
            await Frames.WriteAsync(_child.Input, order, payload, ct);
        }
        catch (IOException fault)
        {
            throw await DeathAsync(fault);
        }
    }

    /// <exception cref="EngineException">It ended.</exception>
    public async Task<RunnerAnswer> ReceiveAsync(CancellationToken ct)
    {
        try
        {
            return await Frames.ReadAsync(_child.Output, ct) ?? throw await DeathAsync();
        }
        catch (InvalidDataException fault)
        {
            throw await BreakAsync(fault);
        }
    }

    /// <summary>Ends it, because it cannot be followed any more.</summary>
    public async Task<EngineException> BreakAsync(Exception fault)
    {
        await EndAsync();
        return new EngineException(EngineFault.EngineFailed, $"The runner spoke otherwise than agreed: {fault.Message}", fault);
    }

    public Task EndAsync()
    {
        Kill();
        return _child.Exited;
    }

    /// <summary>All of its group: transformers may have an ffmpeg at work.</summary>
    public void Kill() => _ = _child.StopAsync(TimeSpan.Zero);

    public async ValueTask DisposeAsync()
    {
        try
        {
            _child.Input.Close();
            await _child.Exited.WaitAsync(EndLimit);
        }
        catch (Exception fault) when (fault is IOException or TimeoutException)
        {
            // It is gone already, or is to go now.
        }

        await _child.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<EngineException> DeathAsync(Exception? inner = null)
    {
        try
        {
            await _child.Exited.WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            Kill(); // A pipe may end before its process does.
        }

        var code = await _child.Exited;
        var words = _lastWords;
        return new EngineException(
            EngineFault.EngineFailed, $"The runner ended with {ExitCodes.Words(code)}.{(words.Length == 0 ? "" : $" It said last: {words}")}", inner);
    }

    private void Hear(string line)
    {
        _lines.Add(line);
        // Lines of a traceback are for the log; what follows them says what was wrong.
        if (!char.IsWhiteSpace(line[0]) && !line.StartsWith("Traceback", StringComparison.Ordinal)) _lastWords = line.Length > MaxWords ? line[..MaxWords] : line;
    }
}
