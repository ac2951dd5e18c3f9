namespace Rouse.Worker.Engines.Process;

/// <summary>What one job asks of the server.</summary>
internal sealed record ServerRequest(HttpMethod Method, string PathAndQuery)
{
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Null: none.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    public string MediaType { get; init; } = Json;

    /// <summary>The body says <c>"stream": true</c>: lines of text are then parts.</summary>
    public bool AsksForStream { get; init; }

    /// <summary>How its result is fetched; null: it is the answer.</summary>
    public PollPlan? Poll { get; init; }

    public const string Json = "application/json";

    public override string ToString() => $"{Method} {PathAndQuery.Split('?')[0]}";

    /// <summary>For one sending.</summary>
    public HttpRequestMessage ToMessage(Uri server, string? key)
    {
        var message = new HttpRequestMessage(Method, new Uri(server.AbsoluteUri.TrimEnd('/') + PathAndQuery));
        if (key is not null) message.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        foreach (var (name, value) in Headers) message.Headers.TryAddWithoutValidation(name, value);
        if (Body is not { } body) return message;
        message.Content = new ReadOnlyMemoryContent(body);
        message.Content.Headers.TryAddWithoutValidation("Content-Type", MediaType);
        return message;
    }
}
