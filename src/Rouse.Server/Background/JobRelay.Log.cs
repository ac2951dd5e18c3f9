using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

internal sealed partial class JobRelay
{
    [LoggerMessage(LogLevel.Error, "Which deployments are relayed could not be read; it is read again")]
    private partial void LogRoundFailed(Exception error);

    [LoggerMessage(LogLevel.Information, "{Deployment}: the backend of attempt {Attempt} is gone; the jobs that lay in its queue wait again")]
    private partial void LogBackendGone(DeploymentId deployment, int attempt);
}

internal sealed partial class JobRelayRun
{
    [LoggerMessage(LogLevel.Warning, "{Deployment}: job {Job} was not taken by the provider ({Fault}: {Reason}); it waits, and is handed on in {Hold} at the earliest")]
    private static partial void LogRefused(ILogger logger, DeploymentId deployment, JobId job, ProviderFault fault, string reason, TimeSpan hold);

    [LoggerMessage(LogLevel.Debug, "{Deployment}: job {Job} could not be looked at ({Fault}: {Reason}); it is looked at again")]
    private static partial void LogLookFailed(ILogger logger, DeploymentId deployment, JobId job, ProviderFault fault, string reason);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: the provider knows no job {ProviderJob} any more; {Job} runs again, or has failed")]
    private static partial void LogLost(ILogger logger, DeploymentId deployment, JobId job, ProviderJobId providerJob);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: job {Job} has ended here, but the provider did not cancel its {ProviderJob}; its timeouts will")]
    private static partial void LogNotCancelled(ILogger logger, DeploymentId deployment, JobId job, ProviderJobId providerJob);

    [LoggerMessage(LogLevel.Error, "{Deployment}: handing on job {Job} failed; it is tried again")]
    private static partial void LogJobFailed(ILogger logger, DeploymentId deployment, JobId job, Exception error);

    [LoggerMessage(LogLevel.Error, "{Deployment}: relaying its jobs failed; it is tried again")]
    private static partial void LogFailed(ILogger logger, DeploymentId deployment, Exception error);
}
