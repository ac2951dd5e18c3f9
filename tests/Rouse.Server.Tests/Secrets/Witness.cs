using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Rouse.TestKit.Secrets;

namespace Rouse.Server.Tests.Secrets;

/// <summary>Sees all logs of all categories from Trace up, all activities with their tags, and the tags of all measurements, as exporters would.</summary>
internal sealed class Witness : ILoggerProvider, ISupportExternalScope
{
    private readonly CanaryCage _cage;
    private readonly ActivityListener _activities;
    private readonly MeterListener _meters;
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();
    private int _lines;

    public Witness(CanaryCage cage)
    {
        _cage = cage;
        _activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = See,
        };
        ActivitySource.AddActivityListener(_activities);
        _meters = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        _meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => See(instrument, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => See(instrument, tags));
        _meters.SetMeasurementEventCallback<int>((instrument, _, tags, _) => See(instrument, tags));
        _meters.Start();
    }

    public int Lines => Volatile.Read(ref _lines);

    public ILogger CreateLogger(string categoryName) => new Told(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
        _activities.Dispose();
        _meters.Dispose();
    }

    private void See(Activity activity)
    {
        var tags = activity.TagObjects.Concat(activity.Events.SelectMany(happened => happened.Tags)).Select(tag => $"{tag.Key}={tag.Value}");
        var baggage = activity.Baggage.Select(item => $"{item.Key}={item.Value}");
        _cage.Look($"activity {activity.Source.Name} {activity.OperationName}", string.Join('\n', [activity.DisplayName, activity.StatusDescription ?? "", .. tags, .. baggage]));
    }

    private void See(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags) _cage.Look($"measurement {instrument.Name}", $"{name}={value}");
    }

    private sealed class Told(Witness witness, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref witness._lines);
            var parts = new List<string?> { formatter(state, exception), exception?.ToString() };
            if (state is IEnumerable<KeyValuePair<string, object?>> members) parts.AddRange(members.Select(member => $"{member.Key}={member.Value}"));
            witness._scopes.ForEachScope((scope, all) => all.Add(scope?.ToString()), parts);
            witness._cage.Look($"log {category} {eventId.Id} {eventId.Name} ({logLevel})", string.Join('\n', parts));
        }
    }
}
