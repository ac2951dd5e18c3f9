using Microsoft.Extensions.Logging;
using Rouse.Core.Ports;

namespace Rouse.Providers.Runpod;

public sealed partial class RunpodServerless
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Endpoint {Endpoint} had no worker and no job: sent one that wakes it")]
    private partial void LogWoken(BackendId endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Endpoint {Endpoint} could not be set to no workers before its deletion: {Why}")]
    private partial void LogNotHibernated(BackendId endpoint, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Endpoint {Endpoint} was made wrongly and could not be removed at once: {Why}")]
    private partial void LogNotUndone(BackendId endpoint, string why);
}
