namespace Rouse.Server.Tests.Host;

public sealed class OperationsTests
{
    [Fact]
    public async Task Server_TellsThatItIsThere()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal("""{"status":"ok"}""", await server.Http.GetStringAsync(new Uri("/health", UriKind.Relative)));
        Assert.Equal("""{"status":"ready"}""", await server.Http.GetStringAsync(new Uri("/readiness", UriKind.Relative)));
        Assert.Equal("rouse", (await server.SendAsync(HttpMethod.Get, "/")).Body.GetProperty("service").GetString());
        var metrics = await server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("\nrouse_deployments_created_total 0\n", metrics, StringComparison.Ordinal);
        var (status, json) = await server.SendAsync(HttpMethod.Get, "/metrics", null, ("Accept", "application/json"));
        Assert.Equal(200, status);
        Assert.Equal(0, json.GetProperty("deployments_ready_duration_seconds").GetProperty("count").GetInt64());
        var doctor = (await server.SendAsync(HttpMethod.Get, "/v1/doctor")).Body.GetProperty("checks").EnumerateArray().ToList();
        Assert.Contains(doctor, check => check.GetProperty("name").GetString() == "store" && check.GetProperty("status").GetString() == "ok");
    }
}
