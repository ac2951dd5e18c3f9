using System.Collections.Immutable;
using System.Text.Json;
using Rouse.Fuzz.Cases;

namespace Rouse.Fuzz.Run;

/// <summary>
/// A case that once failed, as it is kept in <c>Seeds/</c>: the request itself and not the number it was made from, so that it stays the same request
/// whatever becomes of the generator.
/// </summary>
internal sealed record SeedFile
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What went wrong.</summary>
    public required string Why { get; init; }

    public required string Operation { get; init; }

    public required string Method { get; init; }

    /// <summary>Path and query as sent.</summary>
    public required string Target { get; init; }

    public required string Caller { get; init; }

    public string[]? Forgery { get; init; }

    public string[][] Headers { get; init; } = [];

    /// <summary>The body, where it is text.</summary>
    public string? Body { get; init; }

    public byte[]? Bytes { get; init; }

    public bool Chunked { get; init; }

    public static IEnumerable<(string Name, FuzzCase Case)> All() => Directory.EnumerateFiles(Repository.Seeds, "*.json").Order(StringComparer.Ordinal)
        .Select(file => (Path.GetFileNameWithoutExtension(file), Read(File.ReadAllText(file))));

    public static FuzzCase Read(string json) => JsonSerializer.Deserialize<SeedFile>(json, s_json)!.Read();

    public static string Write(FuzzCase one, string why) => JsonSerializer.Serialize(
        new SeedFile
        {
            Why = why,
            Operation = one.Operation,
            Method = one.Method,
            Target = one.Target,
            Caller = one.Caller.ToString(),
            Forgery = one.Caller == Cases.Caller.Forger ? [one.Forgery.Name, one.Forgery.Value] : null,
            Headers = [.. one.Headers.Select(header => new[] { header.Name, header.Value })],
            Body = one.Json?.ToString(),
            Bytes = one.Bytes?.ToArray(),
            Chunked = one.IsChunked,
        },
        s_json) + "\n";

    private FuzzCase Read()
    {
        var question = Target.IndexOf('?', StringComparison.Ordinal);
        return new FuzzCase
        {
            Operation = Operation,
            Method = Method,
            Path = question < 0 ? Target : Target[..question],
            Query = question < 0 ? [] : [.. Target[(question + 1)..].Split('&').Select(static entry =>
                entry.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (entry[..at], (string?)entry[(at + 1)..]) : (entry, null))],
            Headers = [.. Headers.Select(header => (header[0], header[1]))],
            Caller = Enum.Parse<Caller>(Caller),
            Forgery = Forgery is [var name, var value] ? (name, value) : default,
            Json = Body is null ? null : new JsonLiteral(Body),
            Bytes = Bytes is null ? null : ImmutableArray.Create(Bytes),
            IsChunked = Chunked,
        };
    }
}
