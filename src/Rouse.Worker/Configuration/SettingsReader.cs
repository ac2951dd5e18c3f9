using System.Globalization;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;
using Rouse.Worker.Watchdog;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Configuration;

/// <summary>Reads <see cref="WorkerSettings"/>. The first fault is kept in <see cref="Fault"/>, worded for the person who set the variable.</summary>
internal sealed class SettingsReader(Func<string, string?> variable)
{
    /// <summary>Unit: milliseconds, as runpod-python reads it.</summary>
    public const int DefaultPingInterval = 10_000;

    /// <summary>Unit: seconds. Longer than a server's upgrade, shorter than what an idle GPU should cost.</summary>
    public const int DefaultSilenceLimit = 900;

    public string? Fault { get; private set; }

    /// <param name="run">Unlike any other process's; the worker's name too when the platform gives it none.</param>
    public WorkerSettings? Read(string run)
    {
        var path = Optional(WorkerVariables.ModelPath);
        var settings = new WorkerSettings
        {
            WorkerId = Optional(RunpodVariables.PodId) ?? run,
            Run = run,
            ModelPath = path,
            Model = path is null ? ReadModel() : null,
            Hub = ReadHub(),
            Control = ReadControl(),
            AsksForCache = Optional(WorkerVariables.ObjectCache) is "1",
            Jobs = ReadJobs(),
            Threads = Number(WorkerVariables.Threads, 0, 0, 1_024),
            TraceParent = Optional(WorkerVariables.TraceParent),
            IdleLimit = ReadIdleLimit(),
            FailureLimit = Number(WorkerVariables.CleanupFailureThreshold, FailureStreak.DefaultLimit, 1, 10),
            IsSole = Optional(WorkerVariables.SoleWorker) is "1",
            SilenceLimit = TimeSpan.FromSeconds(Number(WorkerVariables.SilenceLimit, DefaultSilenceLimit, 5, 86_400)),
        };
        return Fault is null ? settings : null;
    }

    public HubSettings ReadHub()
    {
        var endpoint = Optional(WorkerVariables.HubEndpoint) ?? HubSettings.DefaultEndpoint;
        if (!IsHttp(endpoint)) Fail($"{WorkerVariables.HubEndpoint} must be an http or https URL.");
        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "huggingface");
        return new HubSettings(endpoint.TrimEnd('/'), Optional(WorkerVariables.HubToken), Optional(WorkerVariables.ModelCache) ?? home);
    }

    private HubModel? ReadModel()
    {
        var id = Optional(WorkerVariables.ModelId);
        // A default model would be served, and paid for, in place of the one somebody forgot to name.
        if (id is null) return Fail<HubModel>($"Set {WorkerVariables.ModelId} (org/name[@revision]) or {WorkerVariables.ModelPath} (a folder).");
        if (HubModel.TryParse(id, out var model)) return model;
        return Fail<HubModel>($"{WorkerVariables.ModelId} is not of the form org/name[@revision].");
    }

    private TimeSpan ReadIdleLimit()
    {
        var seconds = Number(WorkerVariables.CleanupIdleTimeout, 0, 0, 7200);
        if (seconds is > 0 and < 60) Fail($"{WorkerVariables.CleanupIdleTimeout} must be a whole number from 60 to 7200, or 0 for never.");
        return TimeSpan.FromSeconds(seconds);
    }

    private ControlPlane? ReadControl()
    {
        if (Optional(WorkerVariables.ControlUrl) is not { } url) return null;
        if (!IsHttp(url)) return Fail<ControlPlane>($"{WorkerVariables.ControlUrl} must be an http or https URL.");
        var deployment = Optional(WorkerVariables.DeploymentId);
        var secret = Optional(WorkerVariables.CallbackSecret);
        var attempt = Number(WorkerVariables.Attempt, 0, 0, int.MaxValue);
        if (deployment is null || secret is null || attempt == 0)
        {
            return Fail<ControlPlane>(
                $"{WorkerVariables.ControlUrl} needs {WorkerVariables.DeploymentId}, {WorkerVariables.Attempt} and {WorkerVariables.CallbackSecret} too.");
        }

        if (!WebhookSecret.TryParse(secret, out var key)) return Fail<ControlPlane>($"{WorkerVariables.CallbackSecret} is not of the form {WebhookSecret.Prefix}<base64>.");
        var reports = new Uri($"{url.TrimEnd('/')}/internal/v1/deployments/{Uri.EscapeDataString(deployment)}/attempts/{attempt}/reports");
        return new ControlPlane(reports, key!, Optional(WorkerVariables.LogTunnel) is not "0");
    }

    private JobPlane ReadJobs()
    {
        var interval = Number(RunpodVariables.PingInterval, DefaultPingInterval, 10, 3_600_000);
        return new JobPlane(
            Template(RunpodVariables.GetJob, required: true) ?? "",
            Template(RunpodVariables.PostOutput, required: true) ?? "",
            Template(RunpodVariables.PostStream, required: false),
            Template(RunpodVariables.Ping, required: false),
            Optional(RunpodVariables.ApiKey) ?? Optional(WorkerVariables.AttemptToken),
            TimeSpan.FromMilliseconds(interval));
    }

    private string? Template(string name, bool required)
    {
        var value = Optional(name);
        if (value is null ? required : !IsHttp(value)) Fail($"{name} must be an http or https URL template.");
        return value;
    }

    private string? Optional(string name) => variable(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private int Number(string name, int fallback, int min, int max)
    {
        if (Optional(name) is not { } text) return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        Fail(string.Create(CultureInfo.InvariantCulture, $"{name} must be a whole number from {min} to {max}."));
        return fallback;
    }

    private static bool IsHttp(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    private T? Fail<T>(string fault)
        where T : class
    {
        Fail(fault);
        return null;
    }

    private void Fail(string fault) => Fault ??= fault;
}
