using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;

namespace Rouse.Providers.Local;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{Backend}: worker {Worker} started as process {Process}")]
    public static partial void Started(ILogger logger, BackendName backend, string worker, string process);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Backend}: worker {Worker}, process {Process}, adopted from the server before")]
    public static partial void Adopted(ILogger logger, BackendName backend, string worker, int process);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Backend}: worker {Worker} is given no more jobs because {Why}")]
    public static partial void Draining(ILogger logger, BackendName backend, string worker, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Backend}: worker {Worker} is killed because {Why}")]
    public static partial void Killing(ILogger logger, BackendName backend, string worker, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Backend}: worker {Worker} {What}")]
    public static partial void Exited(ILogger logger, BackendName backend, string worker, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Backend}: gave up {What}, {Code}: {Cause}")]
    public static partial void GaveUp(ILogger logger, BackendName backend, string what, string code, string cause);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Backend}: removed, no process is left")]
    public static partial void Removed(ILogger logger, BackendName backend);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Backend}: a look at the pool failed ({Fault}) and is repeated")]
    public static partial void RoundFailed(ILogger logger, Exception exception, BackendName backend, string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Backend}: its intent could not be written: {Why}")]
    public static partial void NotWritten(ILogger logger, BackendName backend, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ending {Count} worker processes of an earlier server: {Why}")]
    public static partial void Ending(ILogger logger, int count, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The pool folder {Folder} has no readable intent and is removed")]
    public static partial void Unreadable(ILogger logger, string folder);
}
