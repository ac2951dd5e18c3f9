using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Core.Deployments;

namespace Rouse.Providers.Local;

/// <summary>What is durable of a pool: the intent, written before any process is started, and never a secret.</summary>
internal sealed record PoolFile
{
    public const string FileName = "pool.json";

    public required string Name { get; init; }

    public required string Tenant { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required WorkerScaling Scaling { get; init; }

    /// <summary>A worker was ready once. Until then one is started without a job, so that the deployment can become ready.</summary>
    public bool Proven { get; init; }

    /// <summary>Put to sleep until it is woken by name.</summary>
    public bool Stopped { get; init; }

    /// <summary>Being removed; whoever finds it goes on with that.</summary>
    public bool Deleted { get; init; }

    /// <summary>Replaces the file as a whole: a reader sees the old one or the new one, also after a power cut.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var draft = path + ".new";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, this, PoolFileJson.Default.PoolFile);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
        Libc.SyncFolder(folder);
    }

    /// <returns>Null when there is none or it cannot be read as one.</returns>
    public static PoolFile? Read(string folder)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(folder, FileName));
            return JsonSerializer.Deserialize(file, PoolFileJson.Default.PoolFile);
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(PoolFile))]
internal sealed partial class PoolFileJson : JsonSerializerContext;
