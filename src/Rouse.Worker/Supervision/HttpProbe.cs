using System.Globalization;

namespace Rouse.Worker.Supervision;

/// <summary>The usual ask: a GET that is answered 2xx.</summary>
internal static class HttpProbe
{
    public static Func<ServerLife, CancellationToken, Task<string?>> Of(HttpClient http, Uri url) => async (_, ct) =>
    {
        using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, ct);
        return response.IsSuccessStatusCode ? null : string.Create(CultureInfo.InvariantCulture, $"{url.AbsolutePath} answered HTTP {(int)response.StatusCode}");
    };
}
