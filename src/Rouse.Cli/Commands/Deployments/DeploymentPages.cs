using System.Globalization;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>Deployments as people see them.</summary>
internal static class DeploymentPages
{
    /// <summary>Log lines shown with a failure.</summary>
    private const int LastLogs = 10;

    /// <summary>How a start ended: where it answers, or why it does not.</summary>
    public static ExitCode ShowStarted(Screen screen, DeploymentView view)
    {
        if (view.Status is not PhaseWords.Ready) return ShowFailed(screen, view);
        if (screen.Quiet) return ExitCode.Ok;
        if (screen.IsJson)
        {
            screen.ResultJson(view, ClientJson.Api.DeploymentView);
            return ExitCode.Ok;
        }

        screen.Note("");
        screen.Result($"  endpoint  {view.ServiceUrl ?? view.EndpointUrl}");
        if (view.Service is null) screen.Note($"  run       rouse run {view.DeploymentId} --input '{{\"prompt\":\"a lighthouse at dawn\"}}' -o out.png");
        screen.Note($"  remove    rouse rm {view.DeploymentId}");
        return ExitCode.Ok;
    }

    public static ExitCode ShowFailed(Screen screen, DeploymentView view)
    {
        if (screen.IsJson && !screen.Quiet) screen.ResultJson(view, ClientJson.Api.DeploymentView);
        ShowLastLogs(screen, view);
        return screen.Fail(Failed(view));
    }

    public static void ShowLastLogs(Screen screen, DeploymentView view)
    {
        screen.Note("");
        foreach (var line in view.Logs.TakeLast(LastLogs)) screen.NoteMarkup(Screen.Tint("dim", "  " + LogText(line)));
        screen.Note("");
    }

    /// <summary>Why a deployment is not, and will not be, where it was wanted.</summary>
    public static Failure Failed(DeploymentView view) => view.Status is PhaseWords.Failed
        ? new Failure(
            ExitCode.Failed, view.ErrorCode ?? "failed", $"{view.DeploymentId} failed: {view.Error ?? "the server gave no reason"}",
            $"`rouse logs {view.DeploymentId}` shows more, `rouse rm {view.DeploymentId}` removes it")
        : new Failure(ExitCode.Failed, view.Status, $"{view.DeploymentId} is {view.Status}", "`rouse up` deploys it anew");

    public static string LogText(LogLine line)
        => string.Create(CultureInfo.InvariantCulture, $"{line.Timestamp:HH:mm:ss.fff} {line.Level.ToUpperInvariant(),-5} {line.Message}");

    public static void ShowList(Screen screen, IReadOnlyList<DeploymentView> views, DateTimeOffset now)
    {
        string[] heads = ["ID", "NAME", "STATUS", "MODEL", "GPU", "AGE"];
        List<Cell[]> rows = [[.. heads.Select(head => new Cell(head, Screen.Tint("dim", head)))]];
        foreach (var view in views)
        {
            var status = new Cell(view.Status, Screen.TintStatus(view.Status, view.Status));
            var gpu = view.GpuAllocated ?? view.GpuTier ?? "-";
            rows.Add([view.DeploymentId, view.Name ?? "-", status, view.ModelId, gpu, Measures.Age(now - view.CreatedAt)]);
        }

        Columns.Write(screen, rows);
    }

    public static void ShowOne(Screen screen, DeploymentView view)
    {
        List<Cell[]> rows = [];
        foreach (var (name, value) in Fields(view).Where(f => f.Value is not null))
            rows.Add([Head(name), name is "status" ? new Cell(value!, Screen.TintStatus(value!, value!)) : value!]);
        rows.Add([]);
        foreach (var (phase, seconds) in Phases(view)) rows.Add([Head(phase), seconds]);
        Columns.Write(screen, rows);

        Cell Head(string text) => new(text, Screen.Tint("dim", text));
    }

    private static IEnumerable<(string Name, string? Value)> Fields(DeploymentView view) =>
    [
        ("id", view.DeploymentId),
        ("name", view.Name),
        ("status", view.Status),
        ("error", view.Error is null ? null : $"{view.Error} [{view.ErrorCode}]"),
        ("waiting for", view.WaitingFor is null ? null : $"{view.WaitingFor} [{view.WaitingCode}]"),
        ("model", view.ModelId),
        ("task", view.Task),
        ("engine", view.Engine),
        ("provider", view.Provider),
        ("gpu", view.GpuAllocated ?? view.GpuTier),
        ("price", view.PricePerHourUsd is { } price ? $"{CostPage.Dollars(price)} $ per hour and worker" : null),
        ("pool", Pool(view.Pool)),
        ("attempt", view.Attempt.ToString(CultureInfo.InvariantCulture)),
        ("endpoint", view.ServiceUrl ?? view.EndpointUrl),
        ("cold start", view.ColdStart is { } start ? ColdStart(start) : null),
        ("service", view.Service is { } service ? Service(service) : null),
        ("created", Time(view.CreatedAt)),
        ("ready", Time(view.ReadyAt)),
        ("ended", Time(view.EndedAt)),
        ("released", Time(view.ResourcesReleasedAt)),
    ];

    private static string ColdStart(ColdStartView start)
    {
        (string Word, double? Seconds)[] parts = [("downloading model", start.DownloadingModelS), ("loading model", start.LoadingModelS), ("warming", start.WarmingS)];
        var told = parts.Where(part => part.Seconds is not null).Select(part => $"{part.Word} {Measures.Seconds(part.Seconds!.Value)}");
        return $"{Measures.Seconds(start.TotalS)} ({string.Join(", ", told)}){(start.WeightsFrom is { } origin ? $", weights from {origin}" : "")}";
    }

    private static string Service(ServiceView service) => string.Create(
        CultureInfo.InvariantCulture, $"{service.Concurrency} at a time, {service.MaxQueue} held, {service.HealthPath}{(service.EnvNames.Count > 0 ? $", variables {string.Join(' ', service.EnvNames)}" : "")}");

    private static string? Pool(PoolView pool) => pool.Schedule is null
        ? pool.KeptWorkers == 0 ? null : $"{pool.Mode}, {pool.KeptWorkers} kept"
        : string.Create(CultureInfo.InvariantCulture, $"{pool.Mode} {pool.Schedule}, {pool.KeptWorkers} kept now, changes {Time(pool.NextChangeAt) ?? "never"}");

    /// <summary>Each phase with its seconds, as often as it was entered; the one it is in has none yet.</summary>
    private static IEnumerable<(string Phase, string Seconds)> Phases(DeploymentView view) => view.Phases.Select((p, i) => (
        p.Phase, i + 1 < view.Phases.Count ? Measures.Seconds((view.Phases[i + 1].At - p.At).TotalSeconds) : "since " + Time(p.At)!));

    private static string? Time(DateTimeOffset? at) => at?.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
