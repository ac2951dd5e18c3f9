using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

internal sealed partial class ReconcilePass
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Deployment}: done: {Step}")]
    private partial void LogStepDone(DeploymentId deployment, ReconcileStep step);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Deployment}: attempt {Attempt} created backend {Backend}")]
    private partial void LogCreated(DeploymentId deployment, int attempt, BackendId backend);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Deployment}: attempt {Attempt} may have created a backend, so it is looked for: {Reason}")]
    private partial void LogCreateUnknown(DeploymentId deployment, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Deployment}: attempt {Attempt} was refused ({Fault}): {Reason}")]
    private partial void LogRefused(DeploymentId deployment, int attempt, ProviderFault fault, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Deployment}: the machine of {Backend} has no room for it any more, so it is moved to another: {Reason}")]
    private partial void LogStranded(DeploymentId deployment, BackendId backend, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Deployment}: deleted backend {Backend} because {Why}")]
    private partial void LogDeleted(DeploymentId deployment, BackendId backend, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Deployment}: the workers of {Backend} are replaced by ones of the image {Image}")]
    private partial void LogRenewed(DeploymentId deployment, BackendId backend, string image);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Deployment}: the pass ended because the provider answered {Fault}: {Reason}")]
    private partial void LogProviderFailed(DeploymentId deployment, ProviderFault fault, string reason);
}
