using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;

namespace Rouse.Gateway.Jobs;

/// <content>What it logs.</content>
public sealed partial class JobPlane
{
    [LoggerMessage(LogLevel.Information, "{Deployment}: worker {Worker} hung up before it got its {Jobs} job(s); they wait again")]
    private partial void LogReturned(DeploymentId deployment, string worker, int jobs);

    [LoggerMessage(LogLevel.Information, "{Deployment}: result of job {Job} from worker {Worker} discarded; the job has ended already or is gone")]
    private partial void LogLateResult(DeploymentId deployment, JobId job, string worker);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: a streamed item of job {Job} ({Bytes} bytes) left out; the job is not running or too much is unread")]
    private partial void LogChunkLeftOut(DeploymentId deployment, JobId job, int bytes);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: worker {Worker} says it is unhealthy: {Reason}")]
    private partial void LogUnhealthy(DeploymentId deployment, string worker, string reason);

    [LoggerMessage(LogLevel.Warning, "{Deployment}: worker {Worker} is gone; {Jobs} job(s) of it run again or have failed")]
    private partial void LogWorkerLost(DeploymentId deployment, string worker, int jobs);

    [LoggerMessage(LogLevel.Debug, "{Deployment}: job {Job} ran out of time and is now {Status}")]
    private partial void LogSwept(DeploymentId deployment, JobId job, string status);
}
