using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Rouse.Server.Tests.ServiceJobs;

public sealed class ProcessTests
{
    private static readonly byte[] s_file = RandomNumberGenerator.GetBytes(300_000);

    [Fact]
    public async Task AFile_IsQueued_SentToTheServicesOwnPath_AndItsResultKept()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, """{"text":"hello"}"""));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend.Address);
        var (status, reply, response) = await app.SendAsync(HttpMethod.Post, $"/api/process/{route.Service.PodId}", ServiceApp.Form(s_file));

        Assert.Equal(202, status);
        Assert.Equal(("queued", route.Service.PodId), (reply.GetProperty("status").GetString(), reply.GetProperty("pod_id").GetString()));
        var job = reply.GetProperty("job_id").GetString()!;
        Assert.Equal($"/api/jobs/{job}", response.Headers.Location!.ToString());
        var ended = await app.EndedAsync(job);
        Assert.Equal("completed", ended.GetProperty("status").GetString());
        var attempt = Assert.Single(ended.GetProperty("attempts").EnumerateArray());
        Assert.Equal(("answered", 200), (attempt.GetProperty("outcome").GetString(), attempt.GetProperty("status_code").GetInt32()));
        var (code, result, whole) = await app.SendAsync(HttpMethod.Get, $"/api/jobs/{job}/result");
        Assert.Equal((200, "hello", "application/json"), (code, result.GetProperty("text").GetString(), whole.Content.Headers.ContentType!.MediaType));
        var seen = Assert.Single(backend.Requests);
        Assert.Equal(("POST", "/api/transcribe"), (seen.Method, seen.Target));
        Assert.StartsWith("multipart/form-data; boundary=", seen.Headers["content-type"], StringComparison.Ordinal);
        Assert.DoesNotContain("authorization", seen.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task MethodAndPath_AreTheQuerys_OrTheForms()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend.Address);
        await app.EndedAsync(await app.ProcessAsync(route, new StringContent("raw", Encoding.UTF8, "text/plain"), "?method=put&path=%2Fv1%2Fa%3Fb%3Dc"));
        await app.EndedAsync(await app.ProcessAsync(route, ServiceApp.Form(s_file, ("path", "/v1/other"), ("method", "PATCH"))));

        Assert.Equal([("PUT", "/v1/a?b=c", 3L), ("PATCH", "/v1/other", backend.Requests.Last().Bytes)], backend.Requests.Select(seen => (seen.Method, seen.Target, seen.Bytes)));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("raw"u8)), backend.Requests.First().Sha256);
    }

    [Theory]
    [InlineData("path=%2F..%2Fx", "INVALID_TARGET")]
    [InlineData("path=%2F%252e%252E%2Fx", "INVALID_TARGET")]
    [InlineData("path=http%3A%2F%2Fother", "INVALID_TARGET")]
    [InlineData("path=%2Fa%0d%0ab", "INVALID_TARGET")]
    [InlineData("method=CONNECT", "INVALID_TARGET")]
    [InlineData("webhook=ftp%3A%2F%2Fx", "INVALID_WEBHOOK")]
    public async Task WhatCannotBeSent_IsRefusedAtOnce_AndLeavesNothing(string query, string code)
    {
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null);
        var (status, body, _) = await app.SendAsync(HttpMethod.Post, $"/api/process/{route.Deployment}?{query}", new StringContent("x"));

        Assert.Equal((400, code), (status, body.GetProperty("code").GetString()));
        Assert.Empty(Directory.EnumerateFiles(app.Spool));
    }

    [Fact]
    public async Task AnotherTenant_SeesNeitherPodNorJobNorResult()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend.Address, name: "mine");
        var job = await app.ProcessAsync(route, new StringContent("x"));
        await app.EndedAsync(job);

        foreach (var path in new[] { $"status/{route.Deployment}", $"status/{route.Service.PodId}", "status/mine", $"jobs/{job}", $"jobs/{job}/result" })
        {
            Assert.Equal(404, (await app.SendAsync(HttpMethod.Get, "/api/" + path, client: app.Other)).Status);
            Assert.Equal(200, (await app.SendAsync(HttpMethod.Get, "/api/" + path)).Status);
        }

        var (status, body, _) = await app.SendAsync(HttpMethod.Post, $"/api/process/{route.Service.PodId}", new StringContent("x"), client: app.Other);
        Assert.Equal((404, "POD_NOT_FOUND"), (status, body.GetProperty("code").GetString()));
        Assert.Contains("attached-pod", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(404, (await app.SendAsync(HttpMethod.Delete, $"/api/jobs/{job}", client: app.Other)).Status);
        Assert.Single(backend.Requests);
    }

    [Fact]
    public async Task OfManyAtOnce_ExactlyMaxQueueAreTaken_AndTheRestGet429()
    {
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null);
        var statuses = await Task.WhenAll(Enumerable.Range(0, 400).Select(async _ =>
        {
            var (status, _, response) = await app.SendAsync(HttpMethod.Post, $"/api/process/{route.Deployment}", new StringContent("x"));
            if (status == 429) Assert.True(response.Headers.RetryAfter!.Delta > TimeSpan.Zero);
            return status;
        }));

        Assert.Equal((50, 350), (statuses.Count(status => status == 202), statuses.Count(status => status == 429)));
        Assert.Equal(50, Directory.EnumerateFiles(app.Spool).Count());
        var (_, pod, _) = await app.SendAsync(HttpMethod.Get, $"/api/status/{route.Deployment}");
        Assert.Equal((50, "EXITED"), (pod.GetProperty("queue_size").GetInt32(), pod.GetProperty("pod_status").GetString()));
        // By Runpod's door too.
        Assert.Equal(429, (await app.SendAsync(HttpMethod.Post, $"/v2/{route.Deployment}/run", new StringContent("""{"input":{"path":"/x"}}""", Encoding.UTF8, "application/json"))).Status);
    }

    [Fact]
    public async Task AKey_MakesARepeatTheSameJob_ThoughTheFormsBoundaryIsAnother()
    {
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null, service => service with { MaxQueue = 1 });
        var first = await app.ProcessAsync(route, ServiceApp.Form(s_file), key: "k1");
        var second = await app.ProcessAsync(route, ServiceApp.Form(s_file), key: "k1");
        var (status, body, _) = await app.SendAsync(HttpMethod.Post, $"/api/process/{route.Deployment}", ServiceApp.Form([1]), key: "k1");

        Assert.Equal(first, second);
        Assert.Equal((422, "IDEMPOTENCY_KEY_REUSED"), (status, body.GetProperty("code").GetString()));
        Assert.Single(Directory.EnumerateFiles(app.Spool));
    }

    [Fact]
    public async Task ACancelledJob_IsNeverSent_AndItsPlaceIsFree()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(200, "{}"));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend: null, service => service with { MaxQueue = 1 });
        var job = await app.ProcessAsync(route, new StringContent("x"));
        Assert.Equal("cancelled", (await app.SendAsync(HttpMethod.Delete, $"/api/jobs/{job}")).Body.GetProperty("status").GetString());
        var next = await app.ProcessAsync(route, new StringContent("y"));
        app.AddRoute(backend.Address, id: route.Deployment);
        await app.EndedAsync(next);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("y"u8)), Assert.Single(backend.Requests).Sha256);
        Assert.Equal((int)HttpStatusCode.Conflict, (await app.SendAsync(HttpMethod.Get, $"/api/jobs/{job}/result")).Status);
    }

    [Fact]
    public async Task ThroughRunpodsDoor_TheInputIsTheRequest_AndNothingInItNamesAFile()
    {
        await using var backend = await Backend.StartAsync(Backend.Says(201, """{"made":true}"""));
        await using var app = await ServiceApp.StartAsync();
        var route = app.AddRoute(backend.Address);
        var input = """{"input":{"method":"PUT","path":"/things?a=1","headers":{"X-A":"b","Authorization":"no","Connection":"x-a"},"body":{"n":1},"body_sha256":"00","file":"/etc/passwd"}}""";
        var (_, made, _) = await app.SendAsync(HttpMethod.Post, $"/v2/{route.Deployment}/run", new StringContent(input, Encoding.UTF8, "application/json"));
        var ended = await app.EndedAsync(made.GetProperty("id").GetString()!);

        Assert.Equal("completed", ended.GetProperty("status").GetString());
        var seen = Assert.Single(backend.Requests);
        Assert.Equal(("PUT", "/things?a=1", "b"), (seen.Method, seen.Target, seen.Headers["x-a"]));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("""{"n":1}"""u8)), seen.Sha256);
        Assert.DoesNotContain("authorization", seen.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        var output = (await app.SendAsync(HttpMethod.Get, $"/v2/{route.Deployment}/status/{made.GetProperty("id").GetString()}")).Body.GetProperty("output");
        Assert.Equal((201, true), (output.GetProperty("status").GetInt32(), output.GetProperty("body").GetProperty("made").GetBoolean()));
    }
}
