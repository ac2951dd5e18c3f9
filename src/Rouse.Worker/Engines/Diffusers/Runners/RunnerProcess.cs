using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Rouse.Contracts.Workers;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Engines.Diffusers.Runners;

/// <summary>
/// One Python process. It lives as long as its standard input is open: a worker that is killed leaves none behind. Frames go over its standard streams;
/// what it and its libraries print comes over standard error and into the worker's log.
/// </summary>
internal sealed class RunnerProcess : IAsyncDisposable
{
    /// <summary>For a runner whose pipe was closed; it ends within milliseconds unless the machine is stuck.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly RunnerFolder _folder;
    private readonly WorkerLog _log;
    private volatile string _lastWords = "";

    private RunnerProcess(Process process, RunnerFolder folder, WorkerLog log)
    {
        (_process, _folder, _log) = (process, folder, log);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <exception cref="EngineException">There is no such Python.</exception>
    public static RunnerProcess Start(string python, WorkerLog log)
    {
        var folder = RunnerFolder.Write();
        var start = new ProcessStartInfo(python)
        {
            UseShellExecute = false,
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["-u", "-m", RunnerFolder.Package]) start.ArgumentList.Add(argument);
        var own = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(static variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? ""));
        start.Environment.Clear();
        foreach (var (name, value) in RunnerEnvironment.Of(own, folder)) start.Environment[name] = value;
        try
        {
            return new RunnerProcess(Process.Start(start)!, folder, log);
        }
        catch (Win32Exception fault)
        {
            folder.Dispose();
            throw new EngineException(
                EngineFault.EngineFailed, $"Python cannot be started as '{python}': {fault.Message}. Install Python 3.10 or later with torch, diffusers and transformers, name it in "
                + $"{DiffusersVariables.Python}, or use the image made by deploy/worker-diffusers.Dockerfile.", fault);
        }
    }

    public async Task SendAsync(Action<Utf8JsonWriter> order, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        try
        {
            await Frames.WriteAsync(_process.StandardInput.BaseStream, order, payload, ct);
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
            return await Frames.ReadAsync(_process.StandardOutput.BaseStream, ct) ?? throw await DeathAsync();
        }
        catch (InvalidDataException fault)
        {
            Kill();
            throw new EngineException(EngineFault.EngineFailed, $"The runner spoke otherwise than agreed: {fault.Message} It is started again.", fault);
        }
    }

    public void Kill()
    {
        // The whole family: transformers may have an ffmpeg at work.
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }

        try
        {
            await _process.WaitForExitAsync().WaitAsync(EndLimit);
        }
        catch (TimeoutException)
        {
            Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<EngineException> DeathAsync(Exception? inner = null)
    {
        await _process.WaitForExitAsync();
        var how = _process.ExitCode switch
        {
            137 => "was killed (signal 9), most often because the machine's main memory was full",
            > 128 and var code => string.Create(CultureInfo.InvariantCulture, $"crashed with signal {code - 128}"),
            var code => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {code}"),
        };
        var words = _lastWords;
        return new EngineException(EngineFault.EngineFailed, $"The runner {how}{(words.Length == 0 ? "." : $". Its last words: {words}")} It is started again.", inner);
    }

    private void Hear(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        _log.Info($"runner: {line}");
        // Lines of a traceback are for the log; what follows them says what was wrong.
        if (!char.IsWhiteSpace(line[0]) && !line.StartsWith("Traceback", StringComparison.Ordinal)) _lastWords = line.Length > 300 ? line[..300] : line;
    }
}
