using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.ServiceJobs;
using Rouse.TestKit.Secrets;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Secrets;

/// <summary>What callers send to services, held, queued, done and failed, is in the spool and at the service, and nowhere else.</summary>
public sealed class SpoolCanaryTests
{
    private const string OwnKey = "the-key-of-alice-00001";
    private const string OtherKey = "the-key-of-bob-0000001";
    private const string Body = "a body";

    [Fact]
    public async Task Bodies_AreInTheSpoolAlone_ReadableByTheServersUserOnly()
    {
        var cage = new CanaryCage();
        var canary = cage.Add(Canary.New(Body));
        using var witness = new Witness(cage);
        var ear = new Ear(cage);
        await using var works = await Backend.StartAsync(Backend.Says(200, """{"ok":true}"""));
        await using var fails = await Backend.StartAsync(static (context, seen) => seen.Target == "/health" ? Task.CompletedTask : Backend.ResetAsync(context, seen));
        await using var server = await TestServer.StartAsync(
            options => options with
            {
                ApiKeys = $"alice={OwnKey},bob={OtherKey}", EgressAllow = "127.0.0.1/32", Logging = logging => logging.ClearProviders().AddProvider(witness).SetMinimumLevel(LogLevel.Trace),
            },
            ear);
        As(server, OwnKey);
        List<string> jobs = [];
        foreach (var (name, service) in new[] { ("works", works), ("fails", fails) })
        {
            var id = await server.DeployAsync($$"""{"name":"{{name}}","service":{"upstream":"{{service.Address.AbsoluteUri.TrimEnd('/')}}","max_retries":1,"retry_delay_seconds":0.1} }""");
            string? job = null;
            await Eventually.TrueAsync(async () => (job = await QueueAsync(server, name, canary)) is not null);
            jobs.Add(job!);
            await Eventually.TrueAsync(async () => (await server.SendAsync(HttpMethod.Get, $"/api/jobs/{job}")).Body.GetProperty("status").GetString() is "completed" or "failed");
            Assert.Equal(name == "works" ? 200 : 502, await PostAsync(server, $"/d/{name}/x", canary));
            Assert.Equal(400, await PostAsync(server, $"/api/process/{name}", canary, "multipart/form-data; boundary=x"));
            foreach (var path in new[] { $"/api/jobs/{job}", $"/api/jobs/{job}/result", $"/api/status/{name}", $"/v1/deployments/{id}", $"/v1/deployments/{id}/usage", $"/v1/deployments/{id}/logs" })
            {
                await server.SendAsync(HttpMethod.Get, path);
            }
        }

        As(server, OtherKey);
        foreach (var path in jobs.SelectMany(job => new[] { $"/api/jobs/{job}", $"/api/jobs/{job}/result" })) Assert.Equal(404, (await server.SendAsync(HttpMethod.Get, path)).Status);

        var spool = Path.Combine(server.Folder, "data", "spool");
        Assert.NotEmpty(Directory.EnumerateFiles(spool));
        Assert.All(Directory.EnumerateFiles(spool), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        ear.LookAtBodies();
        cage.LookAtFiles("file", server.Folder, file => file.Contains("/spool/", StringComparison.Ordinal) ? [Body] : []);
        Assert.Empty(cage.Escapes);
        Assert.True(witness.Lines > 50 && Sent(works) == 2 && Sent(fails) >= 2, "The test has not seen what it is about.");
    }

    private static int Sent(Backend service) => service.Requests.Count(seen => seen.Target != "/health");

    private static void As(TestServer server, string key) => server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

    /// <returns>The job; null while the service is not known yet.</returns>
    private static async Task<string?> QueueAsync(TestServer server, string name, string body)
    {
        using var reply = await server.Http.PostAsync(new Uri($"/api/process/{name}", UriKind.Relative), new StringContent(body));
        return (int)reply.StatusCode == 202 ? JsonElement.Parse(await reply.Content.ReadAsStringAsync()).GetProperty("job_id").GetString() : null;
    }

    private static async Task<int> PostAsync(TestServer server, string path, string body, string type = "text/plain")
    {
        using var content = new StringContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using var reply = await server.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        await reply.Content.ReadAsByteArrayAsync();
        return (int)reply.StatusCode;
    }
}
