using Microsoft.Extensions.Logging;

namespace Rouse.Server.Caching;

internal sealed partial class CacheLoop
{
    [LoggerMessage(1, LogLevel.Information, "Cached {Model} at {Commit}: {Files} files, {Bytes} bytes")]
    private partial void LogFilled(string model, string commit, int files, long bytes);

    [LoggerMessage(2, LogLevel.Warning, "Could not cache {Model} at {Commit} (try {Try}): {Why}")]
    private partial void LogFailed(string model, string commit, int @try, string why);

    [LoggerMessage(3, LogLevel.Information, "Removed {Model} at {Commit} from the cache")]
    private partial void LogRemoved(string model, string commit);

    [LoggerMessage(4, LogLevel.Error, "The cache's loop failed; it goes on")]
    private partial void LogBroken(Exception error);
}
