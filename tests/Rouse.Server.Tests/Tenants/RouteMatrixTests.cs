using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Outputs;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;

namespace Rouse.Server.Tests.Tenants;

/// <summary>
/// Every operation of the OpenAPI document × who asks: its owner, another tenant, nobody, a revoked and a malformed key, and each scope. What is new in
/// the document is in here by itself; a route for nobody's credential must be in <see cref="s_open"/>, one with an id of a new kind in <see cref="Ids"/>.
/// </summary>
public sealed partial class RouteMatrixTests : IAsyncLifetime
{
    private const string Alice = "alice-key-0123456789";
    private const string Bob = "bob-key-0123456789ab";
    private const string Admin = "the-admin-key-0123456789";

    /// <summary>Operations without a caller's credential, and what a stranger gets there.</summary>
    private static readonly Dictionary<string, int[]> s_open = new(StringComparer.Ordinal)
    {
        ["GET /"] = [200],
        ["GET /health"] = [200],
        ["GET /readiness"] = [200],
        // Workers show the secret of their attempt: without one 401, with another 429, which makes a worker of Runpod's SDK wait (JobErrors.BackOff).
        ["POST /internal/v1/deployments/{id}/attempts/{attempt}/reports"] = [401],
        ["POST /internal/v1/deployments/{id}/attempts/{attempt}/cache"] = [401],
        ["POST /internal/v1/deployments/{id}/attempts/{attempt}/outputs"] = [401],
        // Addresses that are credentials themselves: without a signature there is nothing there.
        ["PUT /internal/v1/deployments/{id}/attempts/{attempt}/outputs/{name}"] = [404],
        ["GET /v1/outputs/{deployment}/{name}"] = [404],
        ["GET /v2/{deployment}/job-take/{worker}"] = [401, 429],
        ["GET /v2/{deployment}/job-take-batch/{worker}"] = [401, 429],
        ["POST /v2/{deployment}/job-done/{worker}/{job}"] = [401, 429],
        ["POST /v2/{deployment}/job-stream/{worker}/{job}"] = [401, 429],
        ["GET /v2/{deployment}/job-stop/{worker}"] = [401, 429],
        ["GET /v2/{deployment}/ping/{worker}"] = [401, 429],
    };

    /// <summary>Operations that change what other rows of the matrix need: asked last.</summary>
    private static readonly string[] s_last = ["DELETE", "purge-queue", "disable", "enable"];

    private FakeHub _hub = null!;
    private TestServer _server = null!;
    private List<Operation> _operations = [];
    private Dictionary<string, string> _alices = [];

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _server = await TestServer.StartAsync(options => options with
        {
            Worker = "/there/is/no/worker.dll", ApiKeys = $"alice={Alice},bob={Bob}", AdminKey = Admin, HubEndpoint = _hub.Endpoint,
            // Where nobody listens: alice has an endpoint for webhooks, and what it gets is of no interest here.
            RequestsPerMinute = 0, JobRequestsPerMinute = 0, EgressAllow = "127.0.0.1",
            // What is deployed stays where it is: this is about who may ask for it.
            Rewire = ports => ports with { Access = (_, _) => throw new ProviderException(ProviderFault.RateLimited, "Not in this test.") },
        });
        var document = (await _server.SendAsync(HttpMethod.Get, "/openapi.json")).Body;
        _operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               select Operation.Read(path.Name, operation),
        ];
        _alices = await IdsAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public void EveryOperation_HasAScopeOrAnEntry()
    {
        Assert.True(_operations.Count >= 40, $"{_operations.Count} operations");
        Assert.Equal(s_open.Keys.Order(StringComparer.Ordinal), _operations.Where(one => one.Scope is null).Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.All(_operations.SelectMany(one => one.Parameters).Distinct(StringComparer.Ordinal), name => Assert.True(_alices.ContainsKey(name), $"Say in IdsAsync what {{{name}}} is."));
    }

    [Fact]
    public async Task Strangers_GetNothing_AndOpenRoutesWhatTheTableSays()
    {
        var made = await JsonAsync(Alice, HttpMethod.Post, "/v1/keys", """{"name":"revoked","scopes":["keys"]}""");
        await AskAsync(Alice, HttpMethod.Delete, "/v1/keys/" + made.GetProperty("id").GetString());
        var revoked = made.GetProperty("key").GetString()!;
        List<string> wrong = [];
        foreach (var operation in _operations)
        {
            foreach (var (who, key) in new[] { ("nobody", null), ("malformed", "x"), ("unknown", "rouse_00000000000000000000000000_AAAAAAAA"), ("revoked", revoked) })
            {
                var (status, _) = await AskAsync(key, operation, _alices);
                var expected = operation.Scope is null ? s_open[operation.Name] : [401];
                if (!expected.Contains(status)) wrong.Add($"{operation.Name} for {who}: {status}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task AnotherTenantsThings_Are404_WhateverIsAskedOfThem()
    {
        List<string> wrong = [];
        foreach (var operation in InOrder().Where(one => one.Scope is not (null or "admin") && one.Parameters.Count > 0))
        {
            var (status, body) = await AskAsync(Bob, operation, _alices);
            if (status != 404) wrong.Add($"{operation.Name} for another tenant: {status}");
            if (body.Contains("alice", StringComparison.Ordinal)) wrong.Add($"{operation.Name} tells of alice");
        }

        Assert.Empty(wrong);
        // Nothing of it has changed, and its owner has it still.
        foreach (var operation in InOrder().Where(one => one.Scope is not (null or "admin") && one.Parameters.Count > 0 && one.Method == "GET"))
        {
            var (status, _) = await AskAsync(Alice, operation, _alices);
            if (status is 401 or 403 or 404) wrong.Add($"{operation.Name} for its owner: {status}");
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task AnotherTenantsLists_ShowNothingOfIt()
    {
        foreach (var operation in _operations.Where(one => one is { Method: "GET", Parameters.Count: 0, Scope: not (null or "admin") }))
        {
            var (status, body) = await AskAsync(Bob, operation, _alices);
            Assert.True(status is 200 or 400 or 502 or 429, $"{operation.Name}: {status}");
            Assert.All(_alices.Values.Where(id => id.Length > 12), id => Assert.DoesNotContain(id, body, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task EveryScope_OpensWhatTheDocumentSays_AndNothingElse()
    {
        List<string> wrong = [];
        string[] order = ["read", "run", "deploy", "keys"];
        foreach (var scope in (string[])[.. order, "admin"])
        {
            var made = await JsonAsync(Admin, HttpMethod.Post, "/v1/keys", $$"""{"name":"{{scope}}","tenant":"carol","scopes":["{{scope}}"]}""");
            var key = made.GetProperty("key").GetString()!;
            var nobodys = _alices.ToDictionary(pair => pair.Key, pair => pair.Key == "tenant" ? "nobody" : pair.Value, StringComparer.Ordinal);
            foreach (var operation in InOrder().Where(one => one.Scope is not null))
            {
                var may = operation.Scope == "admin" ? scope == "admin" : scope != "admin" && Array.IndexOf(order, operation.Scope) <= Array.IndexOf(order, scope);
                var (status, _) = await AskAsync(key, operation, nobodys);
                if (status == 401 || status >= 500 || (status == 403) == may) wrong.Add($"{operation.Name} with {scope}: {status}");
            }
        }

        Assert.Empty(wrong);
    }

    private IEnumerable<Operation> InOrder() => _operations.OrderBy(one => s_last.Any(last => one.Name.Contains(last, StringComparison.Ordinal)));

    /// <summary>Something of alice's for every parameter of a path.</summary>
    private async Task<Dictionary<string, string>> IdsAsync()
    {
        var deployment = (await JsonAsync(Alice, HttpMethod.Post, "/v1/deployments", """{"hf_model_id":"org/name","name":"of-alice"}""")).GetProperty("deployment_id").GetString()!;
        var job = (await JsonAsync(Alice, HttpMethod.Post, $"/v2/{deployment}/run", """{"input":{"a":1}}""")).GetProperty("id").GetString()!;
        var key = (await JsonAsync(Alice, HttpMethod.Post, "/v1/keys", """{"name":"of alice"}""")).GetProperty("id").GetString()!;
        var ids = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["id"] = deployment, ["deployment"] = deployment, ["job"] = job, ["key"] = key, ["tenant"] = "alice", ["worker"] = "w1", ["attempt"] = "1", ["pod_id"] = deployment,
        };
        var kept = await _server.Host.Services.GetRequiredService<OutputShelf>().KeepAsync(TenantId.Parse("alice"), DeploymentId.Parse(deployment), "image/png", [1], CancellationToken.None);
        ids["name"] = new Uri(kept!).Segments[^1];
        foreach (var (name, value) in await Ids.OthersAsync((path, json) => JsonAsync(Alice, HttpMethod.Post, path, json))) ids[name] = value;
        return ids;
    }

    private async Task<JsonElement> JsonAsync(string key, HttpMethod method, string path, string json)
    {
        var (status, text) = await AskAsync(key, method, path, json);
        Assert.True(status is >= 200 and < 300, $"{path}: {status} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private Task<(int Status, string Body)> AskAsync(string? key, Operation operation, Dictionary<string, string> ids) => AskAsync(
        key, new HttpMethod(operation.Method), Fill(operation.Path, ids) + operation.Query, operation.HasBody ? "{}" : null);

    private static string Fill(string path, Dictionary<string, string> ids) => Parameter().Replace(path, match =>
    {
        var (noun, name) = (match.Groups["noun"].Value, match.Groups["name"].Value);
        return $"{noun}/{ids.GetValueOrDefault($"{noun}/{name}") ?? ids[name]}";
    });

    private async Task<(int Status, string Body)> AskAsync(string? key, HttpMethod method, string path, string? json = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var request = new HttpRequestMessage(method, path);
        if (json is not null) request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        using var response = await _server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        // A stream goes on for as long as its deployment lives; that it began is what is asked here.
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream") return ((int)response.StatusCode, "");
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
    }

    [GeneratedRegex(@"(?<noun>\w+)/\{(?<name>\w+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parameter();

    /// <param name="Scope">What the document says its caller needs; null when it asks for no credential.</param>
    private sealed record Operation(string Method, string Path, string Query, bool HasBody, string? Scope)
    {
        public string Name => $"{Method} {Path}";

        public IReadOnlyList<string> Parameters => [.. Parameter().Matches(Path).Select(match => match.Groups["name"].Value)];

        public static Operation Read(string path, JsonProperty operation)
        {
            var required = operation.Value.TryGetProperty("parameters", out var parameters)
                ? parameters.EnumerateArray().Where(one => one.GetProperty("in").GetString() == "query" && one.TryGetProperty("required", out var needed) && needed.GetBoolean())
                    .Select(one => one.GetProperty("name").GetString() + "=a").ToList()
                : [];
            var scope = operation.Value.TryGetProperty("security", out var security) ? security[0].GetProperty("bearer")[0].GetString() : null;
            return new Operation(
                operation.Name.ToUpperInvariant(), path, required.Count == 0 ? "" : "?" + string.Join('&', required), operation.Value.TryGetProperty("requestBody", out _), scope);
        }
    }
}
