using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Rouse.Cli.Api;

/// <summary>Turns an answer that is no success into a <see cref="Failure"/>: the server's code and sentence, and a next step.</summary>
internal static class Faults
{
    /// <summary>Characters of a body without a readable error that are shown.</summary>
    private const int MaxRawBody = 200;

    public static Failure Unreachable(Uri server, string why) => new(
        ExitCode.Unreachable, "UNREACHABLE", $"cannot reach the server at {server}: {why}",
        "start one with `rouse serve`, or name yours with --server or ROUSE_SERVER");

    public static Failure FromAnswer(HttpStatusCode status, string body, TimeSpan? retryAfter)
    {
        var (code, message) = Read(body);
        code ??= string.Create(CultureInfo.InvariantCulture, $"HTTP_{(int)status}");
        message ??= body.Length == 0 ? $"the server answered {(int)status}" : $"the server answered {(int)status}: {Shorten(body)}";
        return new Failure(Exit(status), code, message, Next(status, retryAfter)) { Status = (int)status };
    }

    private static ExitCode Exit(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound => ExitCode.NotFound,
        >= HttpStatusCode.InternalServerError => ExitCode.ServerError,
        _ => ExitCode.Refused,
    };

    private static string Next(HttpStatusCode status, TimeSpan? retryAfter) => status switch
    {
        HttpStatusCode.NotFound => "`rouse ls --all` shows what there is",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "set ROUSE_API_KEY to a key this server knows",
        HttpStatusCode.Conflict => "look at the deployment or job with `rouse get` before trying again",
        HttpStatusCode.TooManyRequests when retryAfter is { } wait => string.Create(
            CultureInfo.InvariantCulture, $"try again in {Math.Ceiling(wait.TotalSeconds):0} s"),
        HttpStatusCode.TooManyRequests => "try again a little later",
        >= HttpStatusCode.InternalServerError => "look at the server's log, and run `rouse doctor`",
        _ => "correct the request; --help shows what is allowed",
    };

    /// <summary>Reads leniently: problem details, the seed's <c>error</c> and <c>message</c>, or the job plane's bare <c>error</c>.</summary>
    private static (string? Code, string? Message) Read(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return default;
            var root = document.RootElement;
            var code = Text(root, "code");
            var message = Text(root, "message") ?? Text(root, "detail") ?? Text(root, "title") ?? (code is null ? Text(root, "error") : null);
            return (code ?? Text(root, "error"), message);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement root, string name)
        => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Shorten(string body)
    {
        var line = body.ReplaceLineEndings(" ").Trim();
        return line.Length <= MaxRawBody ? line : line[..MaxRawBody] + "…";
    }
}
