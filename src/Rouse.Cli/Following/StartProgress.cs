using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

/// <summary>
/// What is known of a deployment's way, gathered from plain views and from events; either may come first or be missing. Changed by the one that
/// follows and read by the one that draws, so changes are made, and drawings taken, under a lock on this.
/// </summary>
internal sealed class StartProgress
{
    /// <summary>Log lines kept for showing; the server keeps the rest.</summary>
    public const int MaxLogs = 20;

    private readonly List<PhaseStamp> _phases = [];
    private readonly Queue<LogLine> _logs = new();
    private TimeSpan _serverAhead;

    public string Status { get; private set; } = "";

    public DateTimeOffset? CreatedAt { get; private set; }

    public IReadOnlyList<PhaseStamp> Phases => _phases;

    public IReadOnlyCollection<LogLine> Logs => _logs;

    /// <summary>The running measurement of the current phase; null when there is none.</summary>
    public ProgressEvent? Progress { get; private set; }

    /// <summary>The first measurement of the same stage: what a rate is taken from.</summary>
    public ProgressEvent? ProgressStart { get; private set; }

    /// <summary>When the server expects it to be ready, by its own clock.</summary>
    public DateTimeOffset? ExpectedAt { get; private set; }

    public string? WaitingFor { get; private set; }

    /// <summary>Why the events stopped coming, while a new connection is tried.</summary>
    public string? Interruption { get; private set; }

    /// <summary>The server's clock, as far as its answers told it.</summary>
    public DateTimeOffset ServerNow(DateTimeOffset here) => here + _serverAhead;

    /// <summary>Seconds in the phase at <paramref name="index"/>: until the next one, or until now.</summary>
    public double SecondsIn(int index, DateTimeOffset here)
    {
        var end = index + 1 < _phases.Count ? _phases[index + 1].At : IsOver ? _phases[index].At : ServerNow(here);
        return Math.Max(0, (end - _phases[index].At).TotalSeconds);
    }

    public double? SecondsToGo(DateTimeOffset here) => (ExpectedAt - ServerNow(here))?.TotalSeconds;

    public bool IsOver => IsEnd(Status);

    public double ElapsedSeconds(DateTimeOffset here)
        => CreatedAt is { } created ? Math.Max(0, ((IsOver && _phases.Count > 0 ? _phases[^1].At : ServerNow(here)) - created).TotalSeconds) : 0;

    /// <summary>A plain view is the whole truth at its time: its phases replace what events told.</summary>
    public void See(DeploymentView view, DateTimeOffset here)
    {
        Interruption = null;
        CreatedAt = view.CreatedAt;
        if (view.EndedAt is null && view.ReadyAt is null)
            _serverAhead = view.CreatedAt + TimeSpan.FromSeconds(view.PhaseDurations.TotalElapsedSeconds) - here;
        _phases.Clear();
        _phases.AddRange(view.Phases);
        ExpectedAt = ServerNow(here).AddSeconds(view.EstimatedRemainingSeconds);
        WaitingFor = view.WaitingFor;
        if (!string.Equals(Status, view.Status, StringComparison.Ordinal)) Progress = ProgressStart = null;
        Status = view.Status;
        if (_phases.Count == 0) _phases.Add(new PhaseStamp(view.Status, view.CreatedAt));
    }

    /// <summary>A start goes no further: it is ready, or ended without becoming it.</summary>
    public static bool IsEnd(string phase) => phase is PhaseWords.Ready || PhaseWords.IsEnding(phase);

    /// <summary>Takes one event; returns the log line it held, if any.</summary>
    public LogLine? See(StreamNews.Event news)
    {
        Interruption = null;
        switch (news.Name)
        {
            case "status" when Parse(news.Data, ClientJson.Api.StatusEvent) is { } status:
                Enter(status);
                return null;
            case "progress" when Parse(news.Data, ClientJson.Api.ProgressEvent) is { } progress:
                if (Progress is null || !string.Equals(Progress.Stage, progress.Stage, StringComparison.Ordinal)) ProgressStart = progress;
                Progress = progress;
                return null;
            case "log" when Parse(news.Data, ClientJson.Api.LogEvent) is { } log:
                var line = new LogLine(log.Timestamp, log.Level, log.Message);
                if (_logs.Count == MaxLogs) _logs.Dequeue();
                _logs.Enqueue(line);
                return line;
            default:
                return null;
        }
    }

    public void Cut(string why) => Interruption = why;

    /// <summary>An event of what is known already is old news: a look was faster. A new attempt may enter a phase again.</summary>
    private void Enter(StatusEvent told)
    {
        var stamp = new PhaseStamp(told.Status, told.Timestamp);
        if (_phases.Contains(stamp) || (_phases.Count > 0 && told.Timestamp < _phases[^1].At)) return;
        ExpectedAt = told.Timestamp.AddSeconds(told.EstimatedRemainingSeconds);
        WaitingFor = null;
        Progress = ProgressStart = null;
        Status = told.Status;
        _phases.Add(stamp);
    }

    // An event this rouse does not understand is a newer server's; it is passed over.
    private static T? Parse<T>(string data, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(data, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
