using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rouse.Contracts;

namespace Rouse.Server.Http;

/// <summary>Writes the one error shape (RFC 9457 with the seed's members).</summary>
internal static class Problems
{
    private static readonly Dictionary<string, JsonElement> s_noDetails = [];

    public static Problem From(ErrorCode code, string detail, IReadOnlyDictionary<string, JsonElement>? details = null) => new()
    {
        Type = $"urn:rouse:problem:{code.Code.ToLowerInvariant().Replace('_', '-')}",
        Title = code.Title,
        Status = code.Status,
        Detail = detail,
        Code = code.Code,
        Error = code.Code,
        Message = detail,
        Details = details ?? s_noDetails,
        TraceId = Activity.Current?.TraceId.ToString(),
    };

    public static IResult Result(ErrorCode code, string detail, IReadOnlyDictionary<string, JsonElement>? details = null) =>
        new ProblemResult(From(code, detail, details));

    /// <summary>For middleware: replaces what was about to be said. Does nothing once the response has begun.</summary>
    /// <param name="retryAfter">When it may be tried again; null says nothing of that.</param>
    public static Task WriteAsync(HttpContext context, ErrorCode code, string detail, TimeSpan? retryAfter = null)
    {
        if (context.Response.HasStarted) return Task.CompletedTask;
        context.Response.Clear();
        if (retryAfter is { } wait) context.Response.Headers.RetryAfter = ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Result(code, detail).ExecuteAsync(context);
    }

    private sealed class ProblemResult(Problem problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            // RFC 9110 §11.6.1: a 401 says how to do better.
            var headers = httpContext.Response.Headers;
            if (problem.Status == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0) headers.WWWAuthenticate = "Bearer";
            if (ErrorShapes.Of(httpContext.Request.Path) is not ErrorShape.Problem and var shape)
            {
                return Results.Bytes(ErrorShapes.Write(problem, shape), "application/json").ExecuteAsync(Status(httpContext, problem.Status));
            }

            return Results.Json(problem, JobJson.Default.Problem, OpenApiAnswers.ProblemType, problem.Status).ExecuteAsync(httpContext);
        }

        private static HttpContext Status(HttpContext context, int status)
        {
            context.Response.StatusCode = status;
            return context;
        }
    }
}
