using System.Text.Json;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>The pictures of an output, fetched where it only names them.</summary>
internal static class JobPictures
{
    /// <summary>Bytes of one picture that is fetched: no picture is larger, and what pretends to be one has an end.</summary>
    private const int MaxBytes = 256 << 20;

    /// <summary>Of one picture, over a slow link.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5);

    /// <returns>None where the output has none.</returns>
    public static async Task<Reply<byte[][]>> ReadAsync(JsonElement? output, CancellationToken ct)
    {
        if (output is not { } given) return Array.Empty<byte[]>();
        if (JobImages.Find(given) is { Count: > 0 } inline) return (byte[][])[.. inline];
        // Without our key: an address of a store is nobody's who may see it, and needs none.
        using var http = new HttpClient { Timeout = s_timeout, MaxResponseContentBufferSize = MaxBytes };
        List<byte[]> fetched = [];
        try
        {
            foreach (var address in JobImages.Addresses(given)) fetched.Add(await http.GetByteArrayAsync(address, ct));
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return new Failure(ExitCode.ServerError, "CANNOT_FETCH", $"the picture cannot be fetched from where the result says it is: {e.Message}", "look at the result with `rouse job status … -o json`");
        }

        return fetched.ToArray();
    }
}
