using System.Text.Json;

namespace Rouse.TestKit.WebUi;

/// <summary>What the WebUI's calls answer when nothing is scripted to go wrong. One draws at a time; the others wait.</summary>
internal sealed class WebUiDrawing(WebUiScript script, WebUiState state) : IDisposable
{
    private readonly SemaphoreSlim _queue = new(1);

    public void Dispose() => _queue.Dispose();

    /// <returns>Status and body.</returns>
    public async Task<(int Status, object Body)> RunAsync(string call, JsonElement body)
    {
        if (call == "img2img" && !Has(body, "init_images")) return Refusal(404, "Init image not found");
        if (call.EndsWith("2img", StringComparison.Ordinal))
        {
            // validate_sampler_name of v1.9.3; v1.10 answers 400.
            if ((Text(body, "sampler_name") ?? Text(body, "sampler_index")) is { } sampler && !WebUiFields.Samplers.Contains(sampler)) return Refusal(404, "Sampler not found");
            if (Text(body, "script_name") is { Length: > 0 } name) return Refusal(422, $"Script '{name}' not found");
        }

        await _queue.WaitAsync();
        try
        {
            state.Begin(call);
            var pictures = await DrawAsync(body);
            return (200, Answer(call, body, pictures));
        }
        finally
        {
            state.End();
            _queue.Release();
        }
    }

    /// <summary>As the WebUI's <c>handle_exception</c> tells of an HTTPException.</summary>
    public static (int Status, object Body) Refusal(int status, string detail) => (status, new { error = "HTTPException", detail, body = "", errors = "" });

    private async Task<int> DrawAsync(JsonElement body)
    {
        var (pictures, steps) = (Number(body, "n_iter", 1), Number(body, "steps", 50));
        if (script.Hold is { } hold) await Task.WhenAny(hold, state.Interruption);
        if (script.Hangs) await new TaskCompletionSource().Task;
        state.Draw(pictures, steps);
        for (var picture = 0; picture < pictures; picture++)
        {
            for (var step = 1; step <= steps && !state.IsInterrupted; step++)
            {
                state.At(picture, step);
                if (script.StepTime > TimeSpan.Zero) await Task.Delay(script.StepTime, TimeProvider.System);
            }
        }

        return pictures * Number(body, "batch_size", 1);
    }

    private object Answer(string call, JsonElement body, int pictures) => call switch
    {
        "extra-single-image" => new { html_info = "<p>upscaled</p>", image = script.Picture },
        "extra-batch-images" => new { html_info = "<p>upscaled</p>", images = Enumerable.Repeat(script.Picture, body.GetProperty("imageList").GetArrayLength()) },
        _ => new { images = Enumerable.Repeat(script.Picture, pictures), parameters = body, info = script.Info },
    };

    private static bool Has(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Number(JsonElement body, string name, int fallback) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? (int)value.GetDouble() : fallback;
}
