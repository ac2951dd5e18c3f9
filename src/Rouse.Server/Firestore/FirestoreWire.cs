using System.Globalization;
using System.Text.Json.Serialization;

namespace Rouse.Server.Firestore;

/// <summary><c>documents:commit</c> of the Firestore REST API v1, as far as it is used: whole documents are put, whether they exist or not.</summary>
internal sealed record CommitBody(IReadOnlyList<DocumentWrite> Writes);

internal sealed record DocumentWrite(FirestoreDocument Update);

/// <param name="Name">The full resource name.</param>
internal sealed record FirestoreDocument(string Name, IReadOnlyDictionary<string, FirestoreValue> Fields);

/// <summary>Exactly one member is set; an absent value is <see cref="Null"/>.</summary>
internal sealed record FirestoreValue
{
    public static readonly FirestoreValue Null = new() { NullValue = NullWord };

    private const string NullWord = "NULL_VALUE";

    public string? StringValue { get; init; }

    /// <summary>64-bit integers are strings in this API.</summary>
    public string? IntegerValue { get; init; }

    public DateTimeOffset? TimestampValue { get; init; }

    public string? NullValue { get; init; }

    public static FirestoreValue Of(string? text) => text is null ? Null : new FirestoreValue { StringValue = text };

    public static FirestoreValue Of(long? number) => number is { } n ? new FirestoreValue { IntegerValue = n.ToString(CultureInfo.InvariantCulture) } : Null;

    public static FirestoreValue Of(DateTimeOffset? time) => time is { } t ? new FirestoreValue { TimestampValue = t.ToUniversalTime() } : Null;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CommitBody))]
internal sealed partial class FirestoreJson : JsonSerializerContext;
