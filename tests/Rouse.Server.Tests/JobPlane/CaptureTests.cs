using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Rouse.Core.Jobs;
using Rouse.Core.Tenancy;
using Rouse.TestKit.Jobs;

namespace Rouse.Server.Tests.JobPlane;

/// <summary>
/// Replays what an unmodified runpod-python worker sent, byte for byte but for the deployment's id, and checks that the worker would have been
/// served as it needs: the jobs it got then it gets again, every result is taken, and each job ends as its handler meant.
/// </summary>
public sealed class CaptureTests(ShortPollsFixture fixture) : IClassFixture<ShortPollsFixture>
{
    private readonly Dictionary<string, string> _sent = new(StringComparer.Ordinal);
    private readonly JobPlaneApp _app = fixture.NewDeployment();

    public static TheoryData<string> Names => ["a", "b", "c", "d", "e", "g", "h", "h2", "r"];

    [CaptureTheory]
    [MemberData(nameof(Names))]
    public async Task AnUnmodifiedWorker_IsServedAsItNeeds(string name)
    {
        var capture = Capture.Read(name);
        Assert.NotEmpty(capture.Requests);
        foreach (var request in capture.Requests)
        {
            foreach (var job in request.GivenJobs()) await QueueAsync(job);
            foreach (var stopped in Stopped(request)) await _app.PostAsync($"cancel/{stopped}");

            var (status, contentType, body) = await SendAsync(request.Raw);

            Check(request, status, contentType, body);
        }

        await CheckEndsAsync(capture);
        if (name == "e") Assert.Equal("check_gpu: RuntimeError: GPU not available", Assert.Single(_app.Plane.Sightings(_app.Deployment)).Value.Unhealthy);
        if (name is "a" or "r") Assert.True(_app.Plane.Sightings(_app.Deployment)["w1"].Recycle);
    }

    private static void Check(CapturedRequest request, int status, string contentType, byte[] body)
    {
        switch (request.Kind)
        {
            case "take" or "batch" when request.GivenJobs() is { Count: > 0 } expected:
                Assert.Equal((200, "application/json"), (status, contentType));
                var got = JsonSerializer.Deserialize<JsonElement>(body);
                Assert.Equal(request.Kind == "batch" ? JsonValueKind.Array : JsonValueKind.Object, got.ValueKind);
                var jobs = got.ValueKind == JsonValueKind.Array ? got.EnumerateArray().ToArray() : [got];
                Assert.Equal(expected.Select(job => job.GetProperty("id").GetString()), jobs.Select(job => job.GetProperty("id").GetString()));
                Assert.Equal(expected.Select(job => job.GetProperty("input").GetRawText()), jobs.Select(job => job.GetProperty("input").GetRawText()));
                break;
            case "take" or "batch":
                Assert.Equal(204, status);
                break;
            case "stop" when Stopped(request) is { Count: > 0 } stopped:
                Assert.Equal(200, status);
                Assert.Equal(stopped, JsonSerializer.Deserialize<JsonElement>(body).GetProperty("jobsToStop").EnumerateArray().Select(id => id.GetString()!));
                break;
            case "stop":
                Assert.Equal(204, status);
                break;
            default:
                // Results, items and pings are always taken, whatever the scripted server answered.
                Assert.Equal((200, "application/json"), (status, contentType));
                break;
        }
    }

    private async Task CheckEndsAsync(Capture capture)
    {
        var cancelled = capture.Requests.SelectMany(Stopped).ToHashSet(StringComparer.Ordinal);
        foreach (var id in _sent.Keys)
        {
            var job = await _app.StatusAsync(id);
            var results = capture.Requests.Where(request => request.Kind == "done" && request.Job() == id && !request.Body().TryGetProperty("status", out _)).ToList();
            if (cancelled.Contains(id))
            {
                Assert.Equal("CANCELLED", job.GetProperty("status").GetString());
                Assert.Empty(results);
                continue;
            }

            var result = results[0].Body();
            Assert.Equal(result.TryGetProperty("error", out var error) ? "FAILED" : "COMPLETED", job.GetProperty("status").GetString());
            if (error.ValueKind != JsonValueKind.Undefined) Assert.Equal(error.GetString(), job.GetProperty("error").GetString());
            if (result.TryGetProperty("output", out var output)) Assert.Equal(output.GetRawText(), job.GetProperty("output").GetRawText());
            var items = capture.Requests.Where(request => request.Kind == "stream" && request.Job() == id).Select(request => request.Body().GetRawText().Replace(": ", ":", StringComparison.Ordinal));
            var stream = (await _app.GetAsync($"stream/{id}")).Reply.GetProperty("stream").EnumerateArray().Select(item => item.GetRawText().Replace(": ", ":", StringComparison.Ordinal));
            Assert.Equal(items, stream);
        }
    }

    private async Task QueueAsync(JsonElement job)
    {
        var (id, input) = (job.GetProperty("id").GetString()!, job.GetProperty("input").GetRawText());
        _sent.Add(id, input);
        await _app.Plane.SubmitAsync(
            new NewJob(TenantId.Parse("acme"), _app.Deployment, JobId.Parse(id), Encoding.UTF8.GetBytes(input), SealedS3: null, Webhook: null, JobTerms.Default), default);
    }

    /// <summary>The ids of ours that the scripted server had the worker stop ("nope" was never a job).</summary>
    private static IReadOnlyList<string> Stopped(CapturedRequest request) => request is { Kind: "stop", Status: 200 }
        ? [.. JsonSerializer.Deserialize<JsonElement>(request.Answer).GetProperty("jobsToStop").EnumerateArray().Select(id => id.GetString()!).Where(id => id != "nope")]
        : [];

    private async Task<(int Status, string ContentType, byte[] Body)> SendAsync(byte[] raw)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _app.Base.Port);
        var text = Encoding.Latin1.GetString(raw).Replace("/v2/ep1/", $"/v2/{_app.Deployment}/", StringComparison.Ordinal);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text));
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return await ReadAsync(client.GetStream(), deadline.Token);
    }

    private static async Task<(int Status, string ContentType, byte[] Body)> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        var received = new List<byte>();
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.Latin1.GetString([.. received]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var headers = text[..end].Split("\r\n");
                string Header(string name) => headers.FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..] ?? "";
                var length = int.TryParse(Header("Content-Length"), out var given) ? given : 0;
                if (received.Count >= end + 4 + length) return (int.Parse(headers[0].Split(' ')[1]), Header("Content-Type"), [.. received[(end + 4)..]]);
            }

            var read = await stream.ReadAsync(buffer, ct);
            Assert.True(read > 0, "The server closed the connection before it had answered.");
            received.AddRange(buffer.AsSpan(0, read));
        }
    }
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class CaptureTheoryAttribute : TheoryAttribute
{
    public CaptureTheoryAttribute()
    {
        if (Capture.Folder is null) Skip = Capture.Missing;
    }
}
