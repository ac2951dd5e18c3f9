namespace Rouse.Contracts.Workers;

/// <summary>What the worker's engine <c>a1111</c> reads from its environment.</summary>
public static class A1111Variables
{
    /// <summary>Base of the WebUI's API, default <c>http://127.0.0.1:3000/sdapi/v1</c>.</summary>
    public const string Url = "ROUSE_WEBUI_URL";

    /// <summary><c>1</c>: the WebUI may be on another machine. It has no login of its own worth the name, so by default it may not.</summary>
    public const string AllowRemote = "ROUSE_WEBUI_ALLOW_REMOTE";

    /// <summary><c>user:password</c>, where the WebUI was started with <c>--api-auth</c>.</summary>
    public const string Credentials = "ROUSE_WEBUI_CREDENTIALS";

    /// <summary>Starts the WebUI; absent where somebody else does. <c>{port}</c> is replaced: by the port of <see cref="Url"/>, or by a free one where that is absent.</summary>
    public const string Command = "ROUSE_WEBUI_COMMAND";

    /// <summary>Where the command is run.</summary>
    public const string Folder = "ROUSE_WEBUI_FOLDER";

    /// <summary>Seconds for a job, over all it takes: 1 to 86400, default 600.</summary>
    public const string Timeout = "ROUSE_WEBUI_TIMEOUT";

    /// <summary>Seconds for the WebUI to answer for the first time: 1 to 7200, default 600.</summary>
    public const string StartTimeout = "ROUSE_WEBUI_START_TIMEOUT";

    /// <summary><c>1</c>: the smallest picture before the first job, so that the model is loaded by then.</summary>
    public const string WarmUp = "ROUSE_WEBUI_WARM_UP";
}
