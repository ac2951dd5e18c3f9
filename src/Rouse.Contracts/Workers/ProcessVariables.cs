namespace Rouse.Contracts.Workers;

/// <summary>What the engine <c>process</c> reads: any HTTP model server beside the worker.</summary>
public static class ProcessVariables
{
    /// <summary>Starts the server: words with quotes, or a JSON array of strings. <c>{port}</c>, <c>{model}</c> and <c>{model_id}</c> are replaced.</summary>
    public const string Command = "ROUSE_PROCESS_COMMAND";

    /// <summary>Where a server is that somebody else runs; instead of <see cref="Command"/>.</summary>
    public const string Url = "ROUSE_PROCESS_URL";

    /// <summary>A JSON object of variables for the server, besides what the image says.</summary>
    public const string Environment = "ROUSE_PROCESS_ENV";

    /// <summary>Names of the worker's own variables that the server may see although they are withheld by default, with commas between them.</summary>
    public const string Passed = "ROUSE_PROCESS_PASS";

    public const string Folder = "ROUSE_PROCESS_FOLDER";

    /// <summary>Where the server listens on this machine; a free port by default. The server is told by <c>PORT</c> and <c>{port}</c>.</summary>
    public const string Port = "ROUSE_PROCESS_PORT";

    /// <summary>Answered 2xx by a server that is up.</summary>
    public const string HealthPath = "ROUSE_PROCESS_HEALTH_PATH";

    /// <summary>Seconds from its start until it must be up.</summary>
    public const string StartTimeout = "ROUSE_PROCESS_START_TIMEOUT";

    /// <summary>Seconds without an answer at its health path after which it is started again; 0: never.</summary>
    public const string HangTimeout = "ROUSE_PROCESS_HANG_TIMEOUT";

    /// <summary>Jobs at the same time.</summary>
    public const string Concurrency = "ROUSE_PROCESS_CONCURRENCY";

    /// <summary>Of a job that names none.</summary>
    public const string Method = "ROUSE_PROCESS_METHOD";

    /// <summary>Where the input of a job goes that names no path: the whole of it is the body.</summary>
    public const string Path = "ROUSE_PROCESS_PATH";

    /// <summary>Seconds for a job.</summary>
    public const string Timeout = "ROUSE_PROCESS_TIMEOUT";

    /// <summary>Sent to the server as <c>Authorization: Bearer</c>.</summary>
    public const string Key = "ROUSE_PROCESS_KEY";

    /// <summary><c>0</c>: the output of a job that was streamed does not repeat its parts.</summary>
    public const string Aggregate = "ROUSE_PROCESS_AGGREGATE";

    /// <summary>How a job's result is fetched from a server that only takes it in; a JSON object.</summary>
    public const string Poll = "ROUSE_PROCESS_POLL";

    /// <summary><c>1</c>: pickles and code of a repository are fetched too. Loading them runs what is in them.</summary>
    public const string AllowCode = "ROUSE_PROCESS_ALLOW_CODE";
}
