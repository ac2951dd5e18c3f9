using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Server.Egress;
using Rouse.Server.Hub;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Egress;

/// <summary>A hub that redirects, or somebody on the way who does, leads nowhere inside.</summary>
public sealed class HubRedirectTests(ITestOutputHelper output) : IAsyncLifetime
{
    private WebApplication _hub = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.UTF8);
        _hub = builder.Build();
        _hub.Run(context =>
        {
            context.Response.StatusCode = int.Parse(context.Request.Query["status"]!, System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers.Location = context.Request.Query["to"];
            return Task.CompletedTask;
        });
        await _hub.StartAsync();
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirects_ToInternalTargets_ReachNothing(int status)
    {
        await using var canary = new Canary();
        var (http, invoker) = Hub();
        using var disposed = invoker;
        // What cannot stand in a header at all is no redirect.
        var urls = InternalSpellings.Urls(canary.Port).Where(static url => !url.Any(char.IsControl)).ToList();
        await Parallel.ForEachAsync(urls, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (url, ct) =>
        {
            var answer = await http.GetAsync($"/go?status={status}&to={Uri.EscapeDataString(url)}", new Rouse.Core.Tenancy.Secret("hf_canary_token_1234"), range: null, 1024, ct);
            Assert.False(answer.IsGood, url);
        });
        output.WriteLine($"{urls.Count} redirects with {status}: {canary.Connections} reached the canary");
        Assert.True(urls.Count >= 300);
        Assert.Equal(0, canary.Connections);
    }

    [Fact]
    public async Task ARedirect_ToWhatIsBlocked_ReadsLikeOneToWhatIsNotThere()
    {
        await using var canary = new Canary();
        var (http, invoker) = Hub();
        using var disposed = invoker;
        var blocked = await GoAsync(http, $"http://127.0.0.1:{canary.Port}/");
        Assert.Equal(blocked, await GoAsync(http, $"http://no-such-name.test:{canary.Port}/"));
        Assert.Equal(blocked, await GoAsync(http, "http://10.0.0.1/"));
    }

    private static async Task<string> GoAsync(HubHttp http, string url) =>
        (await http.GetAsync($"/go?status=302&to={Uri.EscapeDataString(url)}", token: null, range: null, 1024, CancellationToken.None)).Words;

    private (HubHttp Http, HttpMessageInvoker Invoker) Hub()
    {
        var endpoint = _hub.Urls.Single();
        var policy = EgressPolicy.Parse(null, allowLoopback: false, InternalSpellings.ResolveAsync, static _ => { }).With(new Uri(endpoint));
        var invoker = HubHttp.CreateHttp(policy);
        return (new HubHttp(invoker, endpoint, new HubOptions { Tries = 1 }, TimeProvider.System, static () => 0), invoker);
    }
}
