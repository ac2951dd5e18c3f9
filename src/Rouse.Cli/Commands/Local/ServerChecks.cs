using System.Text.Json;
using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Local;

/// <summary>Whether the server answers, is ready, knows us, and what it says of itself.</summary>
internal static class ServerChecks
{
    public static async Task<IReadOnlyList<ToldCheck>> RunAsync(RouseClient api, CancellationToken ct)
    {
        var alive = await api.TextAsync("health", ct);
        if (!alive.TryGet(out _, out var failure)) return [new("server", "fail", failure.What, failure.Next)];
        List<ToldCheck> checks = [new("server", "ok", await NameAsync(api, ct), null)];

        var ready = await api.TextAsync("readiness", ct);
        checks.Add(ready.TryGet(out _, out failure)
            ? new("readiness", "ok", "the server takes requests", null)
            : new("readiness", "fail", failure.What, failure.Next));

        var listed = await api.ListAsync(ct);
        if (!listed.TryGet(out var deployments, out failure)) checks.Add(new("deployments", "fail", failure.What, failure.Next));
        else checks.Add(new("deployments", "ok", $"{deployments.Count(d => !PhaseWords.IsEnding(d.Status))} living", null));

        checks.AddRange(await OwnAsync(api, ct));
        return checks;
    }

    private static async Task<string> NameAsync(RouseClient api, CancellationToken ct)
    {
        var root = await api.TextAsync("", ct);
        var version = root.TryGet(out var body, out _) ? Member(body, "version") : null;
        return version is null ? api.Server.ToString() : $"{api.Server} version {version}";
    }

    /// <summary>The server's own checks; an older server has none.</summary>
    private static async Task<IReadOnlyList<ToldCheck>> OwnAsync(RouseClient api, CancellationToken ct)
    {
        var asked = await api.TextAsync("v1/doctor", ct);
        if (!asked.TryGet(out var body, out var failure))
            return failure.Exit is ExitCode.NotFound ? [] : [new("server checks", "fail", failure.What, failure.Next)];
        try
        {
            return JsonSerializer.Deserialize(body, ClientJson.Line.ToldChecks)?.Checks ?? [];
        }
        catch (JsonException e)
        {
            return [new("server checks", "warn", $"not understood: {e.Message}", "use a rouse of the server's version")];
        }
    }

    private static string? Member(string body, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind is JsonValueKind.Object && root.TryGetProperty(name, out var value) ? value.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
