using System.Globalization;
using Rouse.Contracts.Workers;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;
using Rouse.Worker.Supervision;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Engines.Process;

/// <summary>
/// Any HTTP server for models: each job is a request to it, and its answer the job's result. A request that no server has seen is sent again; one that a server
/// may have worked on never is.
/// </summary>
/// <param name="modelId">As the hub calls it; null where the worker was given none.</param>
internal sealed class ProcessEngine(ProcessSettings settings, string? modelId, WorkerLog log, Clock clock) : IEngine
{
    /// <summary>Sendings of one request, until one arrives.</summary>
    private const int MaxSendings = 3;

    /// <summary>Between them.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly HttpClient _http = CreateHttp();
    private readonly RequestReader _requests = new(settings);
    private readonly AnswerReader _answers = new(settings.Aggregates);
    private Uri _address = settings.Url ?? new Uri("http://127.0.0.1");
    private SupervisedServer? _server;

    public int Concurrency => settings.Concurrency;

    public FileSelection? Files => settings.Files;

    public Task<EngineException> Broken => _server?.Broken ?? EngineLife.Unbroken;

    public async ValueTask LoadAsync(string? modelFolder, Action<EngineProgress> progress, CancellationToken ct)
    {
        var command = settings.Command is { } words ? Prepare(words, modelFolder) : null;
        var health = new Uri(_address.AbsoluteUri.TrimEnd('/') + settings.HealthPath);
        log.Info($"The server is {(command is null ? "somebody else's" : "started")} at {_address}; up when {settings.HealthPath} answers 2xx.");
        _server = new SupervisedServer(command, "server", HttpProbe.Of(_http, health), settings.Limits, log, clock);
        await _server.StartAsync(ct);
    }

    public bool IsReady => _server is { IsReady: true };

    public async ValueTask ReadyAsync(CancellationToken ct) => await _server!.ReadyAsync(ct);

    public async ValueTask<EngineResult> RunAsync(EngineJob job, JobEvents events, CancellationToken ct)
    {
        ServerRequest request;
        try
        {
            request = _requests.Read(job.Input);
        }
        catch (FormatException fault)
        {
            return new EngineResult.Refused(EngineFault.InvalidInput, fault.Message);
        }

        using var limit = new CancellationTokenSource(settings.Timeout, clock.Time);
        for (var sending = 1; ; sending++)
        {
            ServerLife? life = null;
            using var timed = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            try
            {
                life = await _server!.LifeAsync(timed.Token);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(timed.Token, life.Ended);
                return await SendAsync(request, events, either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested && life is { Death.IsCompletedSuccessfully: true })
            {
                throw life.Death.Result;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested && limit.IsCancellationRequested)
            {
                throw new EngineException(
                    EngineFault.EngineFailed,
                    $"The server did not finish {request} in {settings.Timeout.TotalSeconds:0} s, and was told to drop it. Ask for less, or raise {ProcessVariables.Timeout}.");
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException)
            {
                var death = await life!.DeathSoonAsync(clock.Time, ct);
                var isUnseen = fault is HttpRequestException;
                if (!isUnseen && death is not null) throw death;
                if (!isUnseen || sending == MaxSendings) throw Lost(request, fault);
            }

            await Task.Delay(Pause, clock.Time, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _http.Dispose();
    }

    /// <exception cref="HttpRequestException">No server has seen it.</exception>
    /// <exception cref="IOException">The connection broke after that.</exception>
    private async Task<EngineResult> SendAsync(ServerRequest request, JobEvents events, CancellationToken ct)
    {
        using var message = request.ToMessage(_address, settings.Key);
        try
        {
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
            var answer = await _answers.ReadAsync(request, response, events, ct);
            return request.Poll is { } plan && answer is EngineResult.Completed accepted
                ? await new PollRun(_http, _address, settings.Key, plan, clock.Time).RunAsync(accepted.Output, ct)
                : answer;
        }
        catch (HttpRequestException fault) when (OnceHandler.WasConnected(message))
        {
            throw new IOException((fault.InnerException ?? fault).Message, fault);
        }
    }

    private ServerCommand Prepare(ServerCommand command, string? modelFolder)
    {
        if (settings.NeedsModel && modelFolder is null)
        {
            throw EngineException.Unusable("The server's command names {model}, and the worker was given no model.", $"Set {WorkerVariables.ModelId} or {WorkerVariables.ModelPath}.");
        }

        var port = (settings.Port ?? Listeners.FreePort()).ToString(CultureInfo.InvariantCulture);
        _address = new Uri("http://127.0.0.1:" + port);
        var variables = new Dictionary<string, string>(command.Environment, StringComparer.Ordinal);
        variables.TryAdd("PORT", port);
        return (command with { Environment = variables, Address = _address, HasFoundPort = settings.Port is null }).With("port", port).With("model", modelFolder ?? "").With("model_id", modelId ?? "");
    }

    private static EngineException Lost(ServerRequest request, Exception fault) => new(
        EngineFault.EngineFailed,
        $"The connection to the server broke at {request}: {(fault.InnerException ?? fault).Message} Whether it was worked on is unknown. Send the job again.");

    private static HttpClient CreateHttp() => new(OnceHandler.Create())
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { { "User-Agent", "rouse-worker/0.1" } },
    };
}
