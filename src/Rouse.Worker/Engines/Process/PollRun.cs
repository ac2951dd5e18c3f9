using System.Net;
using System.Text;
using System.Text.Json;

namespace Rouse.Worker.Engines.Process;

/// <summary>Fetches the result of work that a server has taken in, by a <see cref="PollPlan"/>.</summary>
internal sealed class PollRun(HttpClient http, Uri server, string? key, PollPlan plan, TimeProvider time)
{
    /// <summary>For telling the server that nobody wants the work any more.</summary>
    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Files of one result.</summary>
    private const int MaxFiles = 256;

    /// <param name="accepted">The server's first answer.</param>
    /// <param name="ct">Ends the waiting, and has the server told.</param>
    /// <exception cref="EngineException">The work failed, or an answer is not what the plan says.</exception>
    public async Task<EngineResult> RunAsync(ReadOnlyMemory<byte> accepted, CancellationToken ct)
    {
        using var first = JsonDocument.Parse(accepted);
        try
        {
            var request = new ServerRequest(HttpMethod.Get, JsonPlace.Fill(plan.Path, first.RootElement, Uri.EscapeDataString));
            while (true)
            {
                using var answer = await AskAsync(request, ct);
                if (answer is not null)
                {
                    Check(answer.RootElement, first.RootElement);
                    if (Find(plan.Until, answer.RootElement, first.RootElement).Any(IsThere)) return await ResultAsync(answer.RootElement, first.RootElement, ct);
                }

                await Task.Delay(plan.Interval, time, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested && plan.CancelPath is not null)
        {
            await CancelAsync(first.RootElement, accepted);
            throw;
        }
    }

    private async Task<JsonDocument?> AskAsync(ServerRequest request, CancellationToken ct)
    {
        using var message = request.ToMessage(server, key);
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
        if (response.StatusCode == HttpStatusCode.NotFound) return null;
        if (!response.IsSuccessStatusCode) throw await FaultAsync(request, response, ct);
        try
        {
            return JsonDocument.Parse(await AnswerReader.BytesAsync(response, ct));
        }
        catch (JsonException)
        {
            throw new EngineException(EngineFault.EngineFailed, $"The server's answer to {request} is not JSON.");
        }
    }

    private void Check(JsonElement answer, JsonElement first)
    {
        if (plan is not { FailAt: { } place, FailIs: { } word } || !Find(place, answer, first).Any(found => Word(found) == word)) return;
        var text = answer.GetRawText();
        throw new EngineException(EngineFault.EngineFailed, $"The server says that the work failed: {(text.Length > 2_000 ? text[..2_000] + "…" : text)}");
    }

    private async Task<EngineResult> ResultAsync(JsonElement answer, JsonElement first, CancellationToken ct)
    {
        if (plan is { FilesAt: { } places, FilesPath: { } path })
        {
            var files = new List<OutputFile>();
            var left = AnswerReader.MaxBytes;
            foreach (var found in Find(places, answer, first))
            {
                if (files.Count == MaxFiles) throw new EngineException(EngineFault.EngineFailed, $"The work made more than {MaxFiles} files. Ask for fewer at a time.");
                var file = await FetchAsync(JsonPlace.Fill(path, found, Uri.EscapeDataString), left, ct);
                files.Add(file);
                left -= file.Content.Length;
            }

            if (files.Count > 0) return new EngineResult.Made(files, static _ => { });
            throw new EngineException(EngineFault.EngineFailed, $"The work ended without a file at {places}. Have it save one, or correct files_at.");
        }

        var result = plan.Result is { } place ? Find(place, answer, first).FirstOrDefault() : answer;
        return result.ValueKind == JsonValueKind.Undefined
            ? throw new EngineException(EngineFault.EngineFailed, $"The server's answer has nothing at {plan.Result}. Correct result of the poll.")
            : new EngineResult.Completed(Encoding.UTF8.GetBytes(result.GetRawText()));
    }

    /// <param name="most">Bytes: all files of a result together are held in memory, as one answer is.</param>
    private async Task<OutputFile> FetchAsync(string path, int most, CancellationToken ct)
    {
        if (ServerPath.Fault(path) is { } fault) throw new EngineException(EngineFault.EngineFailed, $"The address of a file {fault}.");
        var request = new ServerRequest(HttpMethod.Get, path);
        using var message = request.ToMessage(server, key);
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct);
        if (!response.IsSuccessStatusCode) throw await FaultAsync(request, response, ct);
        var type = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "";
        if (type.Split('/') is not ["image" or "audio" or "video", _]) throw new EngineException(EngineFault.EngineFailed, $"{request} gave '{type}' instead of a picture, a film or a sound.");
        return new OutputFile(type, await AnswerReader.BytesAsync(response, ct, most));
    }

    private async Task CancelAsync(JsonElement first, ReadOnlyMemory<byte> accepted)
    {
        using var limit = new CancellationTokenSource(CancelTimeout, time);
        try
        {
            using var message = new ServerRequest(HttpMethod.Post, JsonPlace.Fill(plan.CancelPath!, first, Uri.EscapeDataString)) { Body = accepted }.ToMessage(server, key);
            using var response = await http.SendAsync(message, limit.Token);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException or EngineException)
        {
            // The job ends as it was to; that the server may compute on for a while changes nothing for its caller.
        }
    }

    private static async Task<EngineException> FaultAsync(ServerRequest request, HttpResponseMessage response, CancellationToken ct) =>
        await AnswerReader.RefusalAsync(request, response, ct) is EngineResult.Refused refused
            ? new EngineException(EngineFault.EngineFailed, refused.Message)
            : new EngineException(EngineFault.EngineFailed, $"The server failed at {request}.");

    private static IEnumerable<JsonElement> Find(string place, JsonElement answer, JsonElement first) =>
        JsonPlace.Find(answer, JsonPlace.Fill(place, first, static text => text.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));

    private static bool IsThere(JsonElement found) => found.ValueKind is not (JsonValueKind.Null or JsonValueKind.False);

    private static string Word(JsonElement found) => found.ValueKind == JsonValueKind.String ? found.GetString()! : found.GetRawText();
}
