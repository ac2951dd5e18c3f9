using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Rouse.Contracts.Workers;
using Rouse.Server.Outputs;
using Rouse.Store.Outputs;

namespace Rouse.Server.Features.Outputs;

/// <summary>Serves what a job made so that a browser shows a picture and runs nothing.</summary>
internal static class OutputFile
{
    public static IResult Answer(HttpContext context, OutputShelf shelf, JobOutput output)
    {
        var headers = context.Response.Headers;
        // A model's answer is its maker's, not this site's.
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "private, max-age=3600";
        if (!OutputName.TryParse(output.Name, out var digest, out var mediaType)) return OutputErrors.NothingHere();
        var (file, elsewhere) = shelf.Open(output);
        if (elsewhere is not null) return Results.Redirect(elsewhere);
        if (file is null) return OutputErrors.NothingHere();
        var isShown = mediaType.Split('/')[0] is "image" or "video" or "audio";
        headers.ContentDisposition = new ContentDispositionHeaderValue(isShown ? "inline" : "attachment") { FileName = output.Name }.ToString();
        // It never changes: its name is that of its bytes.
        return Results.Stream(file, mediaType, entityTag: new EntityTagHeaderValue($"\"{digest}\""), enableRangeProcessing: true);
    }
}
