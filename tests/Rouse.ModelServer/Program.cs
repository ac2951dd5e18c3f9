using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.ModelServer;

if (args is [WebUiProgram.Word, var webuiPort, var stepMilliseconds, ..])
{
    await WebUiProgram.RunAsync(webuiPort, stepMilliseconds, args.ElementAtOrDefault(3));
    return;
}

// A server for models that has none: it does what tests need of one. `Rouse.ModelServer <port> [folder]`; in the folder it leaves what it saw.
var (port, folder) = (args[0], args.ElementAtOrDefault(1));
var (hangs, tokens) = (false, new SemaphoreSlim(0));
var history = new Dictionary<string, object>();
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:" + port);
var app = builder.Build();
if (folder is not null) await File.AppendAllTextAsync(Path.Combine(folder, "starts"), Environment.ProcessId + "\n");
Console.WriteLine($"listening on {port}, told {Environment.GetEnvironmentVariable("PORT")}");

app.MapGet("/health", async (HttpContext context) =>
{
    if (hangs) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
    return "ok";
});
app.MapGet("/hang", () => hangs = true);
app.Map("/echo/{**rest}", async (HttpContext context) =>
{
    using var reader = new StreamReader(context.Request.Body);
    return Results.Json(new
    {
        method = context.Request.Method,
        target = context.Request.Path + context.Request.QueryString.Value,
        headers = context.Request.Headers.ToDictionary(static header => header.Key.ToLowerInvariant(), static header => header.Value.ToString(), StringComparer.Ordinal),
        body = await reader.ReadToEndAsync(context.RequestAborted),
    });
});
app.MapGet("/v1/models", () => Results.Json(new { data = new[] { "none" } }));
app.MapPost("/v1/chat/completions", async (HttpContext context) =>
{
    var asked = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
    if (!asked.RootElement.TryGetProperty("stream", out var stream) || !stream.GetBoolean())
    {
        await context.Response.WriteAsJsonAsync(new { text = "all at once" }, context.RequestAborted);
        return;
    }

    context.Response.ContentType = "text/event-stream";
    for (var token = 0; token < asked.RootElement.GetProperty("n").GetInt32(); token++)
    {
        if (asked.RootElement.TryGetProperty("gated", out _)) await tokens.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync($": comment\r\ndata: {{\"tok\":{token}}}\r\n\r\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted);
});
app.MapPost("/token", () => tokens.Release());
app.MapGet("/lines", () => Results.Text("{\"a\":1}\n\nplain\n{\"a\":2}", "application/x-ndjson"));
app.MapGet("/picture", () => Results.Bytes("picture"u8.ToArray(), "image/png"));
app.MapGet("/bytes", () => Results.Bytes("abc"u8.ToArray(), "application/zip"));
app.MapGet("/text", () => "plain \"text\"");
app.MapGet("/broken", () => Results.Text("{\"a\":", "application/json"));
app.MapGet("/nothing", () => Results.NoContent());
app.MapGet("/status/{code:int}", (int code) => Results.Text("why: Bearer abcdefghijklmnopqrstuvwxyz012345", statusCode: code));
app.MapGet("/wait", async (HttpContext context) =>
{
    await File.WriteAllTextAsync(Path.Combine(folder!, "waiting"), "\n", CancellationToken.None);
    var gone = new TaskCompletionSource();
    await using var _ = context.RequestAborted.Register(() => gone.TrySetResult());
    await gone.Task;
    await File.WriteAllTextAsync(Path.Combine(folder!, "gone"), "\n", CancellationToken.None);
});
app.MapGet("/die", static () =>
{
    Console.Error.WriteLine("segfault in the model");
    Process.GetCurrentProcess().Kill();
});

// As ComfyUI: work is taken in, and looked after by its id.
app.MapPost("/prompt", async (HttpContext context) =>
{
    var asked = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
    if (asked.RootElement.TryGetProperty("never", out _)) return Results.Json(new { prompt_id = "p/0" });
    history["p/1"] = asked.RootElement.TryGetProperty("fail", out _)
        ? new { outputs = new { }, status = new { status_str = "error" } }
        : new { outputs = new Dictionary<string, object> { ["9"] = new { images = new[] { new { filename = "a b.png", subfolder = "", type = "output" } } } }, status = new { status_str = "success" } };
    return Results.Json(new { prompt_id = "p/1", number = 1 });
});
app.MapGet("/history/{**id}", async (string id) =>
{
    await File.WriteAllTextAsync(Path.Combine(folder!, "looked"), id, CancellationToken.None);
    return Results.Json(history.Where(entry => entry.Key == Uri.UnescapeDataString(id)).ToDictionary(StringComparer.Ordinal));
});
app.MapGet("/view", (string filename, string type) => filename == "a b.png" && type == "output" ? Results.Bytes("drawn"u8.ToArray(), "image/png") : Results.NotFound());
app.MapPost("/interrupt", async (HttpContext context) =>
{
    using var reader = new StreamReader(context.Request.Body);
    await File.WriteAllTextAsync(Path.Combine(folder!, "interrupted"), await reader.ReadToEndAsync(context.RequestAborted) + "\n", CancellationToken.None);
});

await app.RunAsync();
