using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Background;

internal sealed partial class Sweep
{
    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Backend {Backend} ({Name}) is claimed by no row: {Why}. It is looked at.")]
    private partial void LogUnclaimed(BackendId backend, BackendName name, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Backend {Backend} ({Name}) belongs to no deployment. It is deleted after {Grace}.")]
    private partial void LogStranger(BackendId backend, BackendName name, TimeSpan grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Backend {Backend} ({Name}) belonged to no deployment and was deleted")]
    private partial void LogStrangerDeleted(BackendId backend, BackendName name);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Tenant}: the sweep of its account at {Provider} failed and is run again")]
    private partial void LogAccountFailed(Exception failure, TenantId tenant, string provider);

    [LoggerMessage(Level = LogLevel.Error, Message = "The accounts could not be swept; they are swept again later")]
    private partial void LogRoundFailed(Exception failure);
}
