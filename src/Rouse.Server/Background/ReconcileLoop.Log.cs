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

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Tenant}: no provider call for {Hold} because the provider answered {Fault}")]
    private partial void LogTenantHeld(TenantId tenant, TimeSpan hold, ProviderFault fault);
}
