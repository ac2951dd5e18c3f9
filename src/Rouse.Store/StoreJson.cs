using System.Text.Json;
using System.Text.Json.Serialization;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Webhooks;
using Rouse.Store.Caching;
using Rouse.Store.Events;

namespace Rouse.Store;

/// <summary>JSON inside columns. Members may be added, never renamed: old rows are read for ever.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(ModelRefConverter), typeof(EventFilterConverter)])]
[JsonSerializable(typeof(Offer))]
[JsonSerializable(typeof(PhaseChange))]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(ProgressEntry))]
[JsonSerializable(typeof(CachePlaces))]
internal sealed partial class StoreJson : JsonSerializerContext;

internal sealed class ModelRefConverter : JsonConverter<ModelRef>
{
    public override ModelRef Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ModelRef.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, ModelRef value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

internal sealed class EventFilterConverter : JsonConverter<EventFilter>
{
    public override EventFilter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => EventFilter.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, EventFilter value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
