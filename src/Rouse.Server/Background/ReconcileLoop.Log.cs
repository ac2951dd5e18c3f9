using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Background;

internal sealed partial class ReconcileLoop
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Deployment}: the pass failed and is run again")]
    private partial void LogPassFailed(Exception failure, DeploymentId deployment);

    [LoggerMessage(Level = LogLevel.Error, Message = "The active deployments could not be read; they are read again later")]
    private partial void LogRescanFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Tenant}: no call to its account at {Provider} for {Hold} because it answered {Fault}")]
    private partial void LogAccountHeld(TenantId tenant, string provider, TimeSpan hold, ProviderFault fault);
}
