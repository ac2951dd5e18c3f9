using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Rouse.Cli.Tests.Fakes;

/// <summary>Google's metadata server and Secret Manager on one socket, each with the checks the real one makes.</summary>
internal sealed class FakeGoogle : IAsyncDisposable
{
    private const string Token = "ya29.a-token-of-this-machine";
    private readonly WebApplication _app;

    private FakeGoogle(WebApplication app) => (_app, Address) = (app, new Uri(app.Urls.Single()));

    public Uri Address { get; }

    /// <summary>By <c>project/name/version</c>.</summary>
    public ConcurrentDictionary<string, byte[]> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>Statuses that Secret Manager answers first; 0 answers nonsense, 1 a wrong checksum.</summary>
    public ConcurrentQueue<int> Faults { get; } = new();

    /// <summary>The same for the metadata server.</summary>
    public ConcurrentQueue<int> MetadataFaults { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    public static async Task<FakeGoogle> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        FakeGoogle? google = null;
        app.Run(context => google!.AnswerAsync(context));
        await app.StartAsync();
        return google = new FakeGoogle(app);
    }

    public void Add(string name, string value, string project = "here", string version = "latest") => Secrets[$"{project}/{name}/{version}"] = Encoding.UTF8.GetBytes(value);

    /// <summary>What points a server here.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ROUSE_SECRET_MANAGER_URL"] = Address.ToString(), ["GCE_METADATA_HOST"] = Address.Authority,
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Calls.Enqueue(path);
        if (path.StartsWith("/computeMetadata/v1/", StringComparison.Ordinal))
        {
            if (MetadataFaults.TryDequeue(out var fault)) context.Response.StatusCode = fault;
            else if (context.Request.Headers["Metadata-Flavor"] != "Google") context.Response.StatusCode = 403;
            else if (path.EndsWith("/token", StringComparison.Ordinal)) await context.Response.WriteAsync($$"""{"access_token":"{{Token}}","expires_in":3599,"token_type":"Bearer"}""");
            else await context.Response.WriteAsync("here");
            return;
        }

        var wrong = Faults.TryDequeue(out var status) ? status : 200;
        var parts = path.Split('/');
        if (wrong > 200) context.Response.StatusCode = wrong;
        else if (wrong == 0) await context.Response.WriteAsync("<html>a login page</html>");
        else if (context.Request.Headers.Authorization != $"Bearer {Token}") context.Response.StatusCode = 401;
        else if (parts is not [_, "v1", "projects", var project, "secrets", var name, "versions", var version] || !version.EndsWith(":access", StringComparison.Ordinal)
            || !Secrets.TryGetValue($"{project}/{name}/{version[..^":access".Length]}", out var secret))
        {
            context.Response.StatusCode = 404;
        }
        else
        {
            var sum = ~secret.Aggregate(uint.MaxValue, BitOperations.Crc32C) + (wrong == 1 ? 1u : 0);
            var data = Convert.ToBase64String(secret);
            await context.Response.WriteAsync($$$"""{"name":"projects/1/secrets/{{{name}}}/versions/1","payload":{"data":"{{{data}}}","dataCrc32c":"{{{sum.ToString(CultureInfo.InvariantCulture)}}}"}}""");
        }
    }
}
