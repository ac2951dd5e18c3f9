using System.Text.Json;
using Rouse.Cli.Api;

namespace Rouse.Cli.Commands.Jobs;

/// <summary>Reads <c>--input</c>: JSON itself, <c>@file</c>, or <c>-</c> for stdin.</summary>
internal static class JobInput
{
    /// <summary>The job plane's own limit for runsync, the larger of its two.</summary>
    private const int MaxBytes = 20 * 1000 * 1000;

    private const string Example = """quote it for the shell: --input '{"prompt":"a lighthouse at dawn"}', or use --input @file.json""";

    public static async Task<Reply<JsonDocument>> ReadAsync(string given, CliHost host, CancellationToken ct)
    {
        try
        {
            var document = given switch
            {
                "-" => await ParseAsync(host.OpenInput(), ct),
                ['@', .. var file] => await ParseAsync(File.OpenRead(host.ResolvePath(file)), ct),
                _ => JsonDocument.Parse(given),
            };
            if (document is null) return Failure.Usage($"--input is larger than {MaxBytes / 1_000_000} MB", "give large inputs as URLs");
            if (document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.EnumerateObject().Any()) return document;
            document.Dispose();
            return Failure.Usage("--input must be a JSON object with at least one member", Example);
        }
        catch (JsonException e)
        {
            return Failure.Usage($"--input is no JSON: {e.Message}", Example);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failure.Usage($"--input cannot be read: {e.Message}", "name a file with --input @file.json");
        }
    }

    private static async Task<JsonDocument?> ParseAsync(Stream input, CancellationToken ct)
    {
        await using var _ = input;
        using var bytes = new MemoryStream();
        var buffer = new byte[81920];
        for (int read; (read = await input.ReadAsync(buffer, ct)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MaxBytes) return null;
        }

        return JsonDocument.Parse(bytes.ToArray());
    }
}
