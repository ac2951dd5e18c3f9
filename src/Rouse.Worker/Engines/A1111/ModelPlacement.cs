using System.Text.Json;
using Rouse.Worker.Engines.A1111.Calls;
using Rouse.Worker.Engines.A1111.Inputs;
using Rouse.Worker.Lifetime;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Engines.A1111;

/// <summary>
/// Brings a job's model files to where the WebUI finds them, and makes sure that it has: told of a checkpoint or LoRA that it does not know, it draws
/// without it and says nothing (1.9.3, <c>process_images</c>).
/// </summary>
internal sealed class ModelPlacement(WebUiClient webui, ModelSource source, WorkerLog log, Clock clock)
{
    /// <summary>After a file has come, for the WebUI to list it.</summary>
    public static readonly TimeSpan RegistryWait = TimeSpan.FromSeconds(3);

    /// <param name="Refusal">Why there is no answer.</param>
    internal sealed record Placed(InstalledFile? Checkpoint, IReadOnlyList<InstalledFile> Loras, EngineResult.Refused? Refusal = null);

    /// <exception cref="ModelFileException">A file cannot be had.</exception>
    public async Task<Placed> PlaceAsync(A1111Input input, Action<EngineProgress> tell, CancellationToken ct)
    {
        List<InstalledFile> files = [];
        foreach (var wanted in input.Files) files.Add(await source.Obtain(wanted, Told, ct));

        var checkpoint = files.Find(static file => file.Kind == ModelFileKind.Checkpoint);
        var loras = files.FindAll(static file => file.Kind == ModelFileKind.Lora);
        if (loras.Find(static file => !FileMembers.IsTagName(RequestBody.TagName(file))) is { } odd)
            return Refuse(EngineFault.InvalidInput, $"The LoRA's file name '{odd.Name}' cannot stand in a prompt. Give it another name.");
        if (files.Exists(static file => file.WasFetched) && !await RefreshAsync(files.FindAll(static file => file.WasFetched), ct)) return new Placed(checkpoint, loras);
        return await UnlistedAsync(checkpoint, loras, ct) is { } unlisted ? Refuse(EngineFault.ModelUnusable, unlisted) : new Placed(checkpoint, loras);

        void Told(long done, long? total) => tell(Downloading(done, total));
    }

    /// <summary>MiB stand for steps: a checkpoint's bytes do not fit into their number.</summary>
    private static EngineProgress Downloading(long done, long? total) => new(EngineProgress.Downloading, (int)(done >> 20), (int)((total ?? done) >> 20));

    /// <returns>False when the WebUI is not well after it: the job goes on all the same.</returns>
    private async Task<bool> RefreshAsync(List<InstalledFile> fetched, CancellationToken ct)
    {
        // Embeddings are looked for at each job by the WebUI itself.
        foreach (var path in fetched.Select(static file => Refresh(file.Kind)).OfType<string>().Distinct()) await AskToRefreshAsync(path, ct);
        await Task.Delay(RegistryWait, clock.Time, ct);
        var health = await webui.LookAsync(HttpMethod.Get, WebUiServer.Health, ct);
        if (!health.IsOk) log.Warning($"After new model files the WebUI does not answer as it should ({health.Words}); the job goes on.");
        return health.IsOk;
    }

    private async Task AskToRefreshAsync(string path, CancellationToken ct)
    {
        var answer = await webui.LookAsync(HttpMethod.Post, path, ct);
        if (!answer.IsOk) log.Warning($"The WebUI did not {path.Replace('-', ' ')}: {answer.Words}.");
    }

    /// <summary>Why jobs would be drawn without this checkpoint; null when the WebUI knows it.</summary>
    public Task<string?> UnlistedAsync(InstalledFile checkpoint, CancellationToken ct) => UnlistedAsync(checkpoint, [], ct);

    /// <summary>Of a file that the WebUI does not list, even when it has been asked to look again: a sentence about it.</summary>
    private async Task<string?> UnlistedAsync(InstalledFile? checkpoint, List<InstalledFile> loras, CancellationToken ct)
    {
        foreach (var (path, kind) in new[] { ("sd-models", ModelFileKind.Checkpoint), ("loras", ModelFileKind.Lora) })
        {
            var files = kind == ModelFileKind.Lora ? loras : checkpoint is null ? [] : [checkpoint];
            if (files.Count == 0 || await MissingAsync(path, files, ct) is not { } missing) continue;
            await AskToRefreshAsync(Refresh(kind)!, ct);
            if (await MissingAsync(path, files, ct) is not null)
                return $"The WebUI does not list {missing.Name}, so it would draw without it. Start it with its folder being {Path.GetDirectoryName(missing.Path)}.";
        }

        return null;
    }

    private async Task<InstalledFile?> MissingAsync(string path, List<InstalledFile> files, CancellationToken ct)
    {
        var answer = await webui.LookAsync(HttpMethod.Get, path, ct);
        if (answer is not WebUiAnswer.Answered { Status: 200 } listed) return files[0];
        try
        {
            using var document = JsonDocument.Parse(listed.Body);
            var names = document.RootElement.ValueKind == JsonValueKind.Array
                ? document.RootElement.EnumerateArray().SelectMany(Names).ToHashSet(StringComparer.Ordinal)
                : [];
            return files.Find(file => !names.Contains(file.Name));
        }
        catch (JsonException)
        {
            return files[0];
        }
    }

    /// <summary>File names of a checkpoint's <c>filename</c> or a LoRA's <c>path</c>.</summary>
    private static IEnumerable<string> Names(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) yield break;
        foreach (var member in new[] { "filename", "path" })
        {
            if (item.TryGetProperty(member, out var path) && path.ValueKind == JsonValueKind.String) yield return Path.GetFileName(path.GetString()!);
        }
    }

    private static string? Refresh(ModelFileKind kind) => kind switch
    {
        ModelFileKind.Checkpoint => "refresh-checkpoints",
        ModelFileKind.Lora => "refresh-loras",
        _ => null,
    };

    private static Placed Refuse(string code, string message) => new(null, [], new EngineResult.Refused(code, message));
}
