using Rouse.Server.Http;

namespace Rouse.Server.Features.Caching;

internal static class CacheErrors
{
    public static readonly ErrorCode Off = new("CACHE_OFF", 409, "This server has no shared cache");
    public static readonly ErrorCode NotAllowed = new("MODEL_NOT_CACHEABLE", 400, "This model does not enter the shared cache");

    public static Microsoft.AspNetCore.Http.IResult IsOff() => Problems.Result(Off, "Set S3_MODEL_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and start the server again.");
}
