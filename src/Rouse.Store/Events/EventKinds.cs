using System.Text.Json;

namespace Rouse.Store.Events;

/// <summary>The words in <c>events.kind</c> and what lies in <c>events.data</c> under each.</summary>
internal static class EventKinds
{
    public const string Status = "status";
    public const string Log = "log";
    public const string Progress = "progress";

    public static (string Kind, string Data) Write(EventNews news) => news switch
    {
        PhaseChange change => (Status, JsonSerializer.Serialize(change, StoreJson.Default.PhaseChange)),
        LogEntry entry => (Log, JsonSerializer.Serialize(entry, StoreJson.Default.LogEntry)),
        ProgressEntry entry => (Progress, JsonSerializer.Serialize(entry, StoreJson.Default.ProgressEntry)),
        _ => throw new ArgumentOutOfRangeException(nameof(news)),
    };

    public static EventNews Read(string kind, string data) => kind switch
    {
        Status => JsonSerializer.Deserialize(data, StoreJson.Default.PhaseChange)!,
        Log => JsonSerializer.Deserialize(data, StoreJson.Default.LogEntry)!,
        Progress => JsonSerializer.Deserialize(data, StoreJson.Default.ProgressEntry)!,
        _ => throw new InvalidDataException($"An event of unknown kind '{kind}'."),
    };
}
