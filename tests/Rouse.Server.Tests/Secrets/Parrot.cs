using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Rouse.Server.Tests.Secrets;

/// <summary>On the way to a provider: refuses as it is told and repeats in its answer everything that it was sent, as careless services do.</summary>
internal sealed class Parrot() : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<int>> _refusals = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _said = new(StringComparer.Ordinal);

    /// <summary>How many calls with this key were refused.</summary>
    public int Said(string key) => _said.GetValueOrDefault(key);

    /// <summary>The next answers to calls with this key; 0 cuts the connection. What is not refused is passed on.</summary>
    public void Refuse(string key, params IEnumerable<int> statuses) => _refusals[key] = new ConcurrentQueue<int>(statuses);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var key = request.Headers.Authorization?.Parameter ?? "";
        if (!_refusals.TryGetValue(key, out var refusals) || !refusals.TryDequeue(out var status)) return await base.SendAsync(request, cancellationToken);
        _said.AddOrUpdate(key, 1, (_, said) => said + 1);
        var sent = $"{request.Method} {request.RequestUri}\n{request.Headers}\n{(request.Content is { } body ? await body.ReadAsStringAsync(cancellationToken) : "")}";
        if (status == 0) throw new HttpRequestException(HttpRequestError.ConnectionError);
        var response = new HttpResponseMessage((HttpStatusCode)status) { RequestMessage = request };
        var detail = System.Text.Json.JsonSerializer.Serialize($"We cannot take this: {sent}");
        response.Content = new StringContent($$"""{"title":"refused","detail":{{detail}},"errors":[{{detail}}]}""", Encoding.UTF8, "application/problem+json");
        if (status == 429) response.Headers.RetryAfter = new System.Net.Http.Headers.RetryConditionHeaderValue(TimeSpan.FromSeconds(1));
        return response;
    }
}
