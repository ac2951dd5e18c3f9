using System.Net;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;
using Rouse.Worker.Engines;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Outputs;
using Rouse.Worker.Watchdog;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Configuration;

/// <summary>Reads <see cref="WorkerSettings"/>.</summary>
internal sealed class SettingsReader(Variables variables)
{
    public SettingsReader(Func<string, string?> variable)
        : this(new Variables(variable))
    {
    }

    /// <summary>Unit: milliseconds, as runpod-python reads it.</summary>
    public const int DefaultPingInterval = 10_000;

    /// <summary>Unit: seconds. Longer than a server's upgrade, shorter than what an idle GPU should cost.</summary>
    public const int DefaultSilenceLimit = 900;

    public string? Fault => variables.Fault;

    public bool AsksForCache => variables.Optional(WorkerVariables.ObjectCache) is "1";

    /// <param name="run">Unlike any other process's; the worker's name too when the platform gives it none.</param>
    public WorkerSettings? Read(string run)
    {
        var path = variables.Optional(WorkerVariables.ModelPath);
        var engine = EngineNames.Read(variables);
        // First: of all that is missing on a bare start, this is what somebody has to decide.
        var model = path is null ? ReadModel(engine is { NeedsModel: true }) : null;
        var (hub, control, jobs) = (ReadHub(), ReadControl(), ReadJobs());
        var settings = new WorkerSettings
        {
            Engine = engine!,
            WorkerId = variables.Optional(RunpodVariables.PodId) ?? run,
            Run = run,
            ModelPath = path,
            Model = model,
            Hub = hub,
            Control = control,
            Models = LibrarySettings.Read(variables, hub),
            AsksForCache = AsksForCache,
            Jobs = jobs,
            Outputs = OutputSettings.Read(variables, control, jobs, hub.CacheRoot),
            TraceParent = variables.Optional(WorkerVariables.TraceParent),
            IdleLimit = ReadIdleLimit(),
            FailureLimit = variables.Number(WorkerVariables.CleanupFailureThreshold, FailureStreak.DefaultLimit, 1, 10),
            IsSole = variables.Optional(WorkerVariables.SoleWorker) is "1",
            HealthPort = variables.Number(HealthVariables.Port, 0, 1, IPEndPoint.MaxPort) is > 0 and var port ? port : null,
            SilenceLimit = TimeSpan.FromSeconds(variables.Number(WorkerVariables.SilenceLimit, DefaultSilenceLimit, 5, 86_400)),
        };
        return Fault is null ? settings : null;
    }

    public HubSettings ReadHub()
    {
        var endpoint = variables.Optional(WorkerVariables.HubEndpoint) ?? HubSettings.DefaultEndpoint;
        if (!Variables.IsHttp(endpoint)) variables.Fail($"{WorkerVariables.HubEndpoint} must be an http or https URL.");
        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "huggingface");
        return new HubSettings(endpoint.TrimEnd('/'), variables.Optional(WorkerVariables.HubToken), variables.Optional(WorkerVariables.ModelCache) ?? home)
        {
            HostCache = variables.Optional(ModelFileVariables.HostCache) ?? (Directory.Exists(ModelFileVariables.RunpodHostCache) ? ModelFileVariables.RunpodHostCache : null),
        };
    }

    private HubModel? ReadModel(bool isNeeded)
    {
        var id = variables.Optional(WorkerVariables.ModelId);
        if (id is null && !isNeeded) return null;
        // A default model would be served, and paid for, in place of the one somebody forgot to name.
        if (id is null) return variables.Fail<HubModel>($"Set {WorkerVariables.ModelId} (org/name[@revision]) or {WorkerVariables.ModelPath} (a folder).");
        if (HubModel.TryParse(id, out var model)) return model;
        return variables.Fail<HubModel>($"{WorkerVariables.ModelId} is not of the form org/name[@revision].");
    }

    private TimeSpan ReadIdleLimit()
    {
        var seconds = variables.Number(WorkerVariables.CleanupIdleTimeout, 0, 0, 7200);
        if (seconds is > 0 and < 60) variables.Fail($"{WorkerVariables.CleanupIdleTimeout} must be a whole number from 60 to 7200, or 0 for never.");
        return TimeSpan.FromSeconds(seconds);
    }

    public ControlPlane? ReadControl()
    {
        if (variables.Optional(WorkerVariables.ControlUrl) is not { } url) return null;
        if (!Variables.IsHttp(url)) return variables.Fail<ControlPlane>($"{WorkerVariables.ControlUrl} must be an http or https URL.");
        var deployment = variables.Optional(WorkerVariables.DeploymentId);
        var secret = variables.Optional(WorkerVariables.CallbackSecret);
        var attempt = variables.Number(WorkerVariables.Attempt, 0, 0, int.MaxValue);
        if (deployment is null || secret is null || attempt == 0)
        {
            return variables.Fail<ControlPlane>(
                $"{WorkerVariables.ControlUrl} needs {WorkerVariables.DeploymentId}, {WorkerVariables.Attempt} and {WorkerVariables.CallbackSecret} too.");
        }

        if (!WebhookSecret.TryParse(secret, out var key)) return variables.Fail<ControlPlane>($"{WorkerVariables.CallbackSecret} is not of the form {WebhookSecret.Prefix}<base64>.");
        var reports = new Uri($"{url.TrimEnd('/')}/internal/v1/deployments/{Uri.EscapeDataString(deployment)}/attempts/{attempt}/reports");
        return new ControlPlane(reports, key!, variables.Optional(WorkerVariables.LogTunnel) is not "0");
    }

    private JobPlane ReadJobs()
    {
        var interval = variables.Number(RunpodVariables.PingInterval, DefaultPingInterval, 10, 3_600_000);
        return new JobPlane(
            Template(RunpodVariables.GetJob, required: true) ?? "",
            Template(RunpodVariables.PostOutput, required: true) ?? "",
            Template(RunpodVariables.PostStream, required: false),
            Template(RunpodVariables.Ping, required: false),
            variables.Optional(RunpodVariables.ApiKey) ?? variables.Optional(WorkerVariables.AttemptToken),
            TimeSpan.FromMilliseconds(interval));
    }

    private string? Template(string name, bool required)
    {
        var value = variables.Optional(name);
        if (value is null ? required : !Variables.IsHttp(value)) variables.Fail($"{name} must be an http or https URL template.");
        return value;
    }
}
