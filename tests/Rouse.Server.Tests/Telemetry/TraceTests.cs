using System.Net.Http.Headers;
using System.Text;
using Rouse.Contracts.Telemetry;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Otlp;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Telemetry;

/// <summary>One request, one trace: through the server, the reconciler, the provider and the worker's process, as a collector sees it.</summary>
public sealed class TraceTests : IDisposable
{
    private const string Key = "canary-key-of-the-caller-4711";
    private const string Prompt = "canary prompt of a quiet lake";
    private const string Token = "hf_canarytokencanarytoken";
    private const string Query = "canaryquery";

    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-trace-").FullName, "tiny");

    public TraceTests() => TinyDiffusionModel.Write(_model, seed: 1);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);

    [Fact]
    public async Task Request_IsOneTrace_FromTheCallerToTheWorkersProcess_WithoutASecretInIt()
    {
        using var collector = OtlpListener.Start();
        await using var server = await TestServer.StartAsync(options => options with { OtlpEndpoint = collector.Url, ApiKeys = $"alice={Key}" });
        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        var (deployed, ran) = (NewTrace('a'), NewTrace('b'));

        var (status, body) = await server.SendAsync(
            HttpMethod.Post, $"/v1/deployments?x={Query}", $$"""{"model_path":"{{_model}}","hf_token":"{{Token}}"}""", ("traceparent", $"00-{deployed}-00000000000000a1-01"));
        Assert.True(status == 202, body.ToString());
        var id = body.GetProperty("deployment_id").GetString()!;
        await server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        var (done, job) = await server.SendAsync(
            HttpMethod.Post, $"/v2/{id}/runsync?x={Query}", $$"""{"input":{"prompt":"{{Prompt}}","num_inference_steps":1,"width":64,"height":64} }""",
            ("traceparent", $"00-{ran}-00000000000000b1-01"));
        Assert.True(done == 200, job.ToString());

        await Eventually.TrueAsync(() => Named(collector, deployed, "start worker") && Named(collector, ran, "run job") && Named(collector, deployed, "provider create"));
        await Eventually.TrueAsync(() => Named(collector, deployed, "reconcile") && Of(collector, deployed).Any(span => span.Parent == "00000000000000a1"));

        var spans = Of(collector, deployed);
        var request = spans.Single(span => span.Parent == "00000000000000a1");
        Assert.Contains("rouse-server", request.Service, StringComparison.Ordinal);
        var create = spans.Single(span => span.Name == "provider create");
        Assert.Equal("reconcile", spans.Single(span => span.Id == create.Parent).Name);
        Assert.Contains(spans, span => span.Name == "reconcile" && span.Parent == request.Id);
        var start = spans.First(span => span.Name == "start worker");
        Assert.Contains("rouse-worker", start.Service, StringComparison.Ordinal);
        Assert.Contains(spans, span => span.Id == start.Parent);
        var run = Of(collector, ran).Single(span => span.Name == "run job");
        Assert.Contains("rouse-worker", run.Service, StringComparison.Ordinal);
        Assert.Equal("00000000000000b1", Of(collector, ran).Single(span => span.Id == run.Parent).Parent);

        Assert.All(collector.Spans, span => Assert.All(span.Tags, tag => Assert.Contains(tag, Tracing.Tags)));
        var bytes = string.Concat(collector.Bodies.Select(Encoding.Latin1.GetString));
        foreach (var canary in new[] { Key, Prompt, Token, Query, "canary", _model, "whsec_" }) Assert.DoesNotContain(canary, bytes, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task WithoutAnEndpoint_NothingIsTraced_AndEverythingWorks()
    {
        await using var server = await TestServer.StartAsync();
        var (status, body) = await server.SendAsync(
            HttpMethod.Post, "/v1/deployments", $$"""{"model_path":"{{_model}}"}""", ("traceparent", "00-not-a-trace-at-all"));
        Assert.True(status == 202, body.ToString());
        var id = body.GetProperty("deployment_id").GetString()!;
        await server.ReadStreamAsync($"/v1/deployments/{id}/stream");
        Assert.Equal("ready", (await server.GetAsync(id)).Status);
    }

    private static string NewTrace(char digit) => new(digit, 32);

    private static IReadOnlyList<OtlpSpan> Of(OtlpListener collector, string trace) => [.. collector.Spans.Where(span => span.Trace == trace)];

    private static bool Named(OtlpListener collector, string trace, string name) => Of(collector, trace).Any(span => span.Name == name);
}
