using Rouse.Contracts.Workers;
using Rouse.Worker.ModelFiles;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary>What <c>rouse-worker fetch</c> is to bring: a hub model, or a model file by URL.</summary>
internal sealed record FetchArguments
{
    private const string EngineOption = "--engine";
    private const string NameOption = "--name";
    private const string HashOption = "--sha256";

    public HubModel? Model { get; private init; }

    public WantedFile? File { get; private init; }

    /// <summary>In place of the environment's <see cref="WorkerVariables.Engine"/>; null leaves that.</summary>
    public string? Engine { get; private init; }

    /// <returns>Null with what is wrong in <paramref name="fault"/>.</returns>
    public static FetchArguments? Parse(IReadOnlyList<string> args, out string fault)
    {
        fault = "";
        var words = new List<string>();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is EngineOption or NameOption or HashOption)
            {
                if (i + 1 < args.Count && options.TryAdd(args[i], args[++i])) continue;
                fault = $"{args[^1]} needs a value, once.";
                return null;
            }

            words.Add(args[i]);
        }

        switch (words)
        {
            case [var id] when HubModel.TryParse(id, out var model) && options.Keys.All(static option => option is EngineOption):
                return new FetchArguments { Model = model, Engine = options.GetValueOrDefault(EngineOption) };
            case [var word, var url] when Kind(word) is { } kind && !options.ContainsKey(EngineOption):
                var name = options.GetValueOrDefault(NameOption) ?? LastPart(url);
                return new FetchArguments { File = new WantedFile(kind, name, url, options.GetValueOrDefault(HashOption)) };
            default:
                fault = $"fetch takes org/name[@revision] and perhaps {EngineOption}, or one of checkpoint, lora and embedding with a URL and perhaps {NameOption} and {HashOption}.";
                return null;
        }
    }

    private static ModelFileKind? Kind(string word) => word switch
    {
        "checkpoint" => ModelFileKind.Checkpoint,
        "lora" => ModelFileKind.Lora,
        "embedding" => ModelFileKind.Embedding,
        _ => null,
    };

    private static string LastPart(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? Uri.UnescapeDataString(uri.Segments[^1]) : "";
}
