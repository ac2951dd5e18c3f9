using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>A log stream that is held open and read event by event.</summary>
internal sealed class LogReader : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private LogReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _items = SseParser.Create(body).EnumerateAsync(_limit.Token).GetAsyncEnumerator(_limit.Token);
    }

    /// <summary>The id of the event read last.</summary>
    public long LastId => long.Parse(_items.Current.EventId!, CultureInfo.InvariantCulture);

    public static async Task<LogReader> OpenAsync(HttpClient http, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/deployments/{id}/logs/stream");
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        return new LogReader(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event of this name; others are passed over.</summary>
    public async Task<JsonElement> NextAsync(string name)
    {
        while (await _items.MoveNextAsync())
        {
            if (_items.Current.EventType == name) return JsonDocument.Parse(_items.Current.Data).RootElement;
        }

        throw new EndOfStreamException($"The stream ended before an event '{name}'.");
    }

    public void Dispose()
    {
        _limit.Cancel();
        _response.Dispose();
        _limit.Dispose();
    }
}
