using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rouse.TestKit.Hub;

/// <summary>
/// The model hub's HTTP API on real sockets: listings and <c>resolve</c> on one origin, large files by redirect on another. Speaks of faults as
/// the hub does (<c>X-Error-Code</c>) and makes those a test scripts.
/// </summary>
public sealed class FakeHub : IAsyncDisposable
{
    /// <summary>The one token that may see gated and private repositories.</summary>
    public const string Token = "hf_the_token_of_the_tests";

    private const string Search = "/api/models";
    private const string Api = "/api/models/";

    private readonly ConcurrentDictionary<string, FakeRepository> _repositories = new(StringComparer.Ordinal);
    private readonly WebApplication _app;
    private readonly FileAnswer _answer;
    private int _connections;

    private FakeHub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureEndpointDefaults(CountConnections);
            kestrel.Limits.MinResponseDataRate = null;
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        _answer = new FileAnswer(Script);
    }

    public string Endpoint { get; private set; } = "";

    /// <summary>The second origin.</summary>
    public string ContentEndpoint { get; private set; } = "";

    public HubScript Script { get; } = new();

    /// <summary>A second one that may, such as a test's own.</summary>
    public string? OtherToken { get; set; }

    public ConcurrentQueue<HubRequest> Requests { get; } = new();

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Of file bodies, on both origins.</summary>
    public long BytesSent => _answer.BytesSent;

    public static async Task<FakeHub> StartAsync(params FakeRepository[] repositories)
    {
        var hub = new FakeHub();
        foreach (var repository in repositories) hub.Add(repository);
        await hub._app.StartAsync();
        var addresses = hub._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (hub.Endpoint, hub.ContentEndpoint) = (addresses[0], addresses[1]);
        return hub;
    }

    public void Add(FakeRepository repository) => _repositories[repository.Id] = repository;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void CountConnections(ListenOptions listen) => listen.Use(next => connection =>
    {
        Interlocked.Increment(ref _connections);
        return next(connection);
    });

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var isContent = context.Connection.LocalPort == new Uri(ContentEndpoint).Port;
        var path = request.Path.Value!;
        var authorization = request.Headers.Authorization.FirstOrDefault();
        Requests.Enqueue(new HubRequest(isContent, path, request.Headers.Range.FirstOrDefault(), authorization));
        var mayRead = authorization == "Bearer " + Token || (OtherToken is { } other && authorization == "Bearer " + other);

        if (isContent)
        {
            var file = _repositories.Values.SelectMany(static repository => repository.Files).FirstOrDefault(file => path == "/" + file.Etag);
            var isValid = request.Query["generation"] == $"{Script.AddressGeneration}";
            await (file is null ? Refuse(context, 404, null) : isValid ? _answer.SendAsync(context, file) : Refuse(context, 403, null));
        }
        else if (path == "/api/whoami-v2")
        {
            await (mayRead ? context.Response.WriteAsync("""{"type":"user","name":"tester"}""") : Refuse(context, 401, null));
        }
        else if (path == Search || path.StartsWith(Api, StringComparison.Ordinal))
        {
            if (await IsScriptedAsync(context)) return;
            if (authorization is not null && !mayRead) await Refuse(context, 401, null);
            else if (path == Search) await HubReplies.SearchAsync(context, _repositories.Values.Where(repository => mayRead || !repository.IsPrivate));
            else if (Cut(path[Api.Length..], "/revision/") is var (listed, revision)) await ListAsync(context, listed, Uri.UnescapeDataString(revision), mayRead);
            else await Refuse(context, 404, null);
        }
        else if (Cut(path[1..], "/resolve/") is var (id, rest) && rest.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash)
        {
            await ResolveAsync(context, id, rest[..slash], rest[(slash + 1)..], mayRead);
        }
        else
        {
            await Refuse(context, 404, null);
        }
    }

    /// <summary>What the script answers in place of a listing or a search.</summary>
    private async Task<bool> IsScriptedAsync(HttpContext context)
    {
        if (Script.HoldLists is { } hold) await hold.WaitAsync(context.RequestAborted);
        if (Script.ListsMovedTo is { } elsewhere) context.Response.Redirect(elsewhere.ToString());
        else if (Script.ListStatuses.TryDequeue(out var status)) await Refuse(context, status, null);
        else if (Script.ListBodies.TryDequeue(out var body)) await context.Response.WriteAsync(body);
        else if (Script.StalledLists > 0)
        {
            Script.StalledLists--;
            await HubReplies.StallAsync(context);
        }
        else if (Script.CutLists > 0)
        {
            Script.CutLists--;
            await HubReplies.CutAsync(context);
        }
        else return false;
        return true;
    }

    private async Task ListAsync(HttpContext context, string id, string revision, bool mayRead)
    {
        if (Find(id, mayRead) is not { } repository) await Refuse(context, mayRead ? 404 : 401, "RepoNotFound");
        else if (revision is not "main" && revision != repository.Commit) await Refuse(context, 404, "RevisionNotFound");
        else await HubReplies.ListAsync(context, repository);
    }

    private async Task ResolveAsync(HttpContext context, string id, string revision, string path, bool mayRead)
    {
        if (Find(id, mayRead) is not { } repository) await Refuse(context, mayRead ? 404 : 401, "RepoNotFound");
        else if (repository.IsGated && !mayRead) await Refuse(context, 401, "GatedRepo");
        else if (revision is not "main" && revision != repository.Commit) await Refuse(context, 404, "RevisionNotFound");
        else if (repository.Files.FirstOrDefault(file => file.Path == path) is not { } file) await Refuse(context, 404, "EntryNotFound");
        else if (file.IsLarge) HubReplies.Redirect(context, repository, file, $"{ContentEndpoint}/{file.Etag}?generation={Script.AddressGeneration}");
        else await _answer.SendAsync(context, file);
    }

    private FakeRepository? Find(string id, bool mayRead) =>
        _repositories.GetValueOrDefault(id) is { } repository && (mayRead || !repository.IsPrivate) ? repository : null;

    private Task Refuse(HttpContext context, int status, string? code) => HubReplies.RefuseAsync(context, status, code, Script);

    private static (string Before, string After)? Cut(string text, string separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? null : (text[..at], text[(at + separator.Length)..]);
    }
}
