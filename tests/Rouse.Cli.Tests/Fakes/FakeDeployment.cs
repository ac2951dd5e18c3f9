using System.Text.Json;
using Rouse.Contracts;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Tests.Fakes;

/// <summary>One deployment and all it has told; its clock is a fixed one that moves half a second per phase.</summary>
internal sealed class FakeDeployment(string id, CreateDeploymentRequest request)
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly List<(string Name, string Data)> _events = [];
    private readonly List<LogLine> _logs = [];
    private readonly List<PhaseStamp> _phases = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _now = Start;
    private ColdStartView? _coldStart;
    private string? _error;
    private DateTimeOffset? _released;
    private (string? Gpu, decimal? Price, string? Waiting) _bought;

    public string Id => id;

    public CreateDeploymentRequest Request => request;

    public string Status => _phases[^1].Phase;

    public FakeDeployment Go(params string[] phases)
    {
        foreach (var phase in phases)
        {
            lock (_gate)
            {
                if (_phases.Count > 0) _now += s_step;
                _phases.Add(new PhaseStamp(phase, _now));
                var left = phase is "ready" ? 0 : 7;
                var told = new StatusEvent { DeploymentId = id, Status = phase, EstimatedRemainingSeconds = left, Timestamp = _now };
                Tell("status", JsonSerializer.Serialize(told, RouseJson.Default.StatusEvent));
            }
        }

        return this;
    }

    public FakeDeployment Log(string message)
    {
        lock (_gate)
        {
            _logs.Add(new LogLine(_now, "INFO", message));
            Tell("log", JsonSerializer.Serialize(new LogEvent(id, _now, "INFO", message), RouseJson.Default.LogEvent));
        }

        return this;
    }

    public FakeDeployment Progress(long done, long total)
    {
        lock (_gate)
        {
            var told = new ProgressEvent(id, _now, "download", done, total, "bytes");
            Tell("progress", JsonSerializer.Serialize(told, RouseJson.Default.ProgressEvent));
        }

        return this;
    }

    public FakeDeployment Fail(string error)
    {
        _error = error;
        return Go("failed");
    }

    /// <summary>It has an offer, and waits for something.</summary>
    public FakeDeployment Buy(string gpu, decimal pricePerHour, string waitingFor)
    {
        lock (_gate) _bought = (gpu, pricePerHour, waitingFor);
        return this;
    }

    /// <summary>What its worker told of its start.</summary>
    public FakeDeployment Took(ColdStartView start)
    {
        lock (_gate) _coldStart = start;
        return this;
    }

    public FakeDeployment Release()
    {
        lock (_gate) _released = _now;
        return this;
    }

    public (string Name, string Data, Task News) EventAt(int index)
    {
        lock (_gate) return index < _events.Count ? (_events[index].Name, _events[index].Data, _news.Task) : ("", "", _news.Task);
    }

    public DeploymentView View(Uri server)
    {
        lock (_gate)
        {
            var left = _phases.Zip(_phases.Skip(1), (phase, next) => (phase.Phase, (next.At - phase.At).TotalSeconds));
            var seconds = left.ToDictionary(p => p.Phase, p => p.TotalSeconds, StringComparer.Ordinal);
            var ready = _phases.Find(p => p.Phase is "ready")?.At;
            return new DeploymentView
            {
                DeploymentId = id,
                Name = request.Name,
                Status = Status,
                ModelId = request.HfModelId ?? request.ModelPath!,
                Task = request.Task,
                Engine = request.Engine,
                ColdStart = _coldStart,
                Provider = "local",
                GpuTier = request.GpuTier,
                GpuAllocated = _bought.Gpu,
                PricePerHourUsd = _bought.Price,
                WaitingFor = _bought.Waiting,
                WaitingCode = _bought.Waiting is null ? null : "no_capacity",
                Attempt = 1,
                EndpointUrl = ready is null ? null : $"{server}v2/{id}/run",
                Logs = [.. _logs],
                Error = _error,
                ErrorCode = _error is null ? null : "engine_failed",
                Pool = new PoolView("on_demand", KeptWorkers: 0, NextChangeAt: null, Schedule: null),
                EstimatedRemainingSeconds = 7,
                PhaseDurations = new PhaseDurations((_now - Start).TotalSeconds, seconds),
                Phases = [.. _phases],
                CreatedAt = Start,
                ReadyAt = ready,
                EndedAt = Status is "failed" or "deleted" ? _now : null,
                ResourcesReleasedAt = _released,
            };
        }
    }

    private void Tell(string name, string data)
    {
        _events.Add((name, data));
        var news = _news;
        _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        news.SetResult();
    }
}
