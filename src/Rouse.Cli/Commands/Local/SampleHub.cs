using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Onnx.Samples.TinyDiffusion;

namespace Rouse.Cli.Commands.Local;

/// <summary>
/// A model hub on this machine with one model in it, made by this program: workers of a fake Runpod take models from a hub only, and this one
/// needs no network. It speaks as much of the hub's HTTP API as servers and workers ask for: search, listing, files and ranges of them.
/// </summary>
internal sealed class SampleHub : IAsyncDisposable
{
    public const string Model = "rouse/tiny-diffusion";
    private const string Branch = "main";
    private const string Tag = "text-to-image";

    /// <summary>Any would do; always the same, so that a restarted server's workers find what they downloaded before.</summary>
    private const int Seed = 7;

    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly string _commit;
    private readonly WebApplication _app;

    private SampleHub()
    {
        ReadModel();
        _commit = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(_files.Select(file => file.Key + BlobId(file.Value))))));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.Zero);
        _app = builder.Build();
        _app.MapGet("/api/models", (HttpContext context) => Search(context.Request.Query));
        _app.MapGet("/api/models/{owner}/{name}/revision/{revision}", (string owner, string name, string revision) =>
            Refusal($"{owner}/{name}", revision) ?? Json(Listing()));
        _app.MapGet("/{owner}/{name}/resolve/{revision}/{**path}", (string owner, string name, string revision, string path) =>
            Refusal($"{owner}/{name}", revision) ?? File(path));
    }

    public string Endpoint { get; private set; } = "";

    public static async Task<SampleHub> StartAsync(CancellationToken ct)
    {
        var hub = new SampleHub();
        await hub._app.StartAsync(ct);
        hub.Endpoint = hub._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return hub;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void ReadModel()
    {
        var folder = Directory.CreateTempSubdirectory("rouse-sample-").FullName;
        try
        {
            TinyDiffusionModel.Write(folder, Seed);
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                _files[Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')] = System.IO.File.ReadAllBytes(file);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IResult Search(IQueryCollection query)
    {
        var tag = query["pipeline_tag"].ToString();
        var isWanted = Model.Contains(query["search"].ToString(), StringComparison.OrdinalIgnoreCase) && tag is "" or Tag;
        return Json(isWanted ? [new JsonObject { ["id"] = Model, ["pipeline_tag"] = Tag, ["downloads"] = 0, ["likes"] = 0, ["gated"] = false }] : new JsonArray());
    }

    private JsonObject Listing() => new()
    {
        ["id"] = Model, ["sha"] = _commit, ["private"] = false, ["gated"] = false, ["pipeline_tag"] = Tag,
        ["siblings"] = new JsonArray([.. _files.Select(static file =>
            new JsonObject { ["rfilename"] = file.Key, ["size"] = file.Value.Length, ["blobId"] = BlobId(file.Value) })]),
    };

    private IResult? Refusal(string model, string revision) =>
        model is not Model ? Refuse("RepoNotFound") : revision is not Branch && revision != _commit ? Refuse("RevisionNotFound") : null;

    private IResult File(string path) =>
        _files.TryGetValue(path, out var bytes) ? Results.Bytes(bytes, enableRangeProcessing: true) : Refuse("EntryNotFound");

    private static IResult Json(JsonNode node) => Results.Text(node.ToJsonString(), "application/json");

    private static IResult Refuse(string code) => new Refused(code);

    /// <summary>A file's hash as git gives it: <c>sha1("blob {size}\0" + content)</c>.</summary>
    private static string BlobId(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));

    /// <param name="Code">What the hub says in <c>X-Error-Code</c>; the status alone does not tell what is missing.</param>
    private sealed record Refused(string Code) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status404NotFound;
            httpContext.Response.Headers["X-Error-Code"] = Code;
            return Task.CompletedTask;
        }
    }
}
