using Microsoft.AspNetCore.Http;
using Rouse.Contracts.Doors;
using Rouse.Server.Http;

namespace Rouse.Server.Features.Doors;

/// <summary>Reads a door's body.</summary>
internal static class DoorBody
{
    /// <param name="invalid">The door's code for what is no JSON object.</param>
    public static async ValueTask<(DoorFields? Fields, IResult? Refusal)> ReadAsync(HttpContext context, ErrorCode invalid)
    {
        if (!JsonBody.IsUtf8Json(context.Request.ContentType))
            return (null, Problems.Result(ErrorCode.UnsupportedMediaType, "Set Content-Type: application/json (charset utf-8 or none)."));
        if (await JsonBody.ReadBytesAsync(context, DoorBounds.MaxBody) is not { } bytes)
            return (null, Problems.Result(ErrorCode.TooLarge, $"The body may have at most {DoorBounds.MaxBody} bytes."));
        return DoorFields.TryRead(bytes) is { } fields
            ? (fields, null)
            : (null, Problems.Result(invalid, "The body is no JSON object in UTF-8, has a member twice, or is nested too deep."));
    }
}
