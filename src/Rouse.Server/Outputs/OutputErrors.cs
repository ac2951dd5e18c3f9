using Rouse.Server.Http;

namespace Rouse.Server.Outputs;

/// <summary>The codes of what jobs made.</summary>
internal static class OutputErrors
{
    public static readonly ErrorCode NotFound = new("OUTPUT_NOT_FOUND", 404, "No such output");
    public static readonly ErrorCode NoStore = new("NO_OUTPUT_STORE", 404, "This server keeps no outputs");

    /// <summary>A worker sends it again.</summary>
    public static readonly ErrorCode Differs = new("OUTPUT_DIFFERS", 409, "These are not the bytes that were announced");

    /// <summary>A worker keeps it itself.</summary>
    public static readonly ErrorCode Full = new("OUTPUT_STORE_FULL", 507, "There is no room for more outputs");

    /// <summary>A worker asks again.</summary>
    public static readonly ErrorCode NotNow = new("OUTPUT_STORE_UNAVAILABLE", 503, "The store of outputs does not answer");

    public static Microsoft.AspNetCore.Http.IResult NothingHere() => Problems.Result(NotFound, "There is nothing of this name, its time is over, or the address has run out.");
}
