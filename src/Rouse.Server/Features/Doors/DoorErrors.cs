using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Features.JobPlane;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Doors;

/// <summary>The codes of the doors' own; <see cref="ErrorShapes"/> puts them into the words of each door.</summary>
internal static class DoorErrors
{
    /// <summary>OpenAI answers 400 to a wrong value,</summary>
    public static readonly ErrorCode InvalidValue = new("INVALID_VALUE", 400, "A value is not valid");

    public static readonly ErrorCode UnknownParameter = new("UNKNOWN_PARAMETER", 400, "There is no such parameter");

    /// <summary>and Automatic1111 answers 422.</summary>
    public static readonly ErrorCode Unprocessable = new("UNPROCESSABLE", 422, "A value is not valid");

    public static readonly ErrorCode Ambiguous = new("MODEL_AMBIGUOUS", 400, "More than one deployment is meant");
    public static readonly ErrorCode NoModel = new("MODEL_NOT_FOUND", 404, "No deployment is meant");
    public static readonly ErrorCode NotAModel = new("NOT_A_MODEL", 409, "The deployment makes no pictures from jobs");
    public static readonly ErrorCode Cancelled = new("GENERATION_CANCELLED", 409, "The job was cancelled");
    public static readonly ErrorCode Failed = new("GENERATION_FAILED", 502, "The model failed");
    public static readonly ErrorCode TimedOut = new("GENERATION_TIMED_OUT", 504, "The model took too long");
    public static readonly ErrorCode WaitOver = new("WAIT_OVER", 504, "Nothing came within the time that was waited");

    /// <summary>Of what a model that a request names may meet.</summary>
    public static readonly ErrorCode[] OfModels = [Ambiguous, NoModel, NotAModel, JobErrors.DeploymentEnded];

    /// <summary>Of a job that is waited for.</summary>
    public static readonly ErrorCode[] OfJobs = [JobErrors.QueueFull, Cancelled, Failed, TimedOut, WaitOver, ErrorCode.Stopping];

    /// <param name="member">Of the body.</param>
    public static IResult Of(ErrorCode code, string detail, string member) => Problems.Result(
        code, detail, new Dictionary<string, JsonElement>(StringComparer.Ordinal) { [ErrorShapes.Member] = JsonSerializer.SerializeToElement(member, DetailsJson.Default.String) });
}
