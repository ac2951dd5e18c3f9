using Microsoft.AspNetCore.Http;

namespace Rouse.Server.Features.JobPlane;

/// <summary>Bytes that are JSON already, with their length: workers pass over answers that have none.</summary>
internal sealed class JobReply(byte[] json) : IResult
{
    /// <summary><c>{}</c>: noted.</summary>
    public static readonly JobReply Noted = new("{}"u8.ToArray());

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json";
        httpContext.Response.ContentLength = json.Length;
        await httpContext.Response.Body.WriteAsync(json, httpContext.RequestAborted);
    }
}
