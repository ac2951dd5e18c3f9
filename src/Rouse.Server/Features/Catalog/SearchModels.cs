using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rouse.Contracts;
using Rouse.Contracts.Catalog;
using Rouse.Core.Models;
using Rouse.Core.Tenancy;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.Hub;

namespace Rouse.Server.Features.Catalog;

/// <summary><c>GET /v1/models/search</c>: models of the hub by a part of their name.</summary>
internal static class SearchModels
{
    public const int DefaultLimit = 20;
    public const int MaxLimit = 100;
    public const int MaxWords = 200;

    /// <summary>Shows private models of the caller's hub account too.</summary>
    private const string TokenHeader = "X-Huggingface-Api-Key";

    private const int MaxToken = 512;
    private const int MaxTag = 64;

    private static readonly Dictionary<string, string> s_tags = ModelTasks.All.ToDictionary(task => task.Word(), task => task.Tags()[0], StringComparer.Ordinal);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/models/search", HandleAsync).Needs(Scope.Read)
        .WithName("searchModels").WithSummary("Search the model hub")
        .WithDescription($"`q` is a part of a name, `task` a task or the hub's own tag, `limit` 1 to {MaxLimit}. A hub token may be sent as {TokenHeader}.")
        .WithQuery("q", ParameterRules.Text(1, MaxWords), "A part of a model's name; needed.")
        .WithQuery("task", ParameterRules.Text(0, MaxTag, "^[a-z0-9-]*$"), "A task, or the hub's own tag.")
        .WithQuery("limit", ParameterRules.Whole(1, MaxLimit, DefaultLimit))
        .WithHeader(TokenHeader, ParameterRules.Text(0, MaxToken, "^[!-~]*$"), "Shows what this hub token may see.")
        .Produces<ModelSearchReply>().Refuses(ErrorCode.InvalidParameter, ErrorCode.Unauthorized, CatalogErrors.HubBusy, CatalogErrors.HubUnreachable);

    private static async Task<IResult> HandleAsync(HttpContext context, HubSearch hub, string? q = null, string? task = null, string? limit = null)
    {
        if (q is not { Length: > 0 and <= MaxWords } || q.Any(char.IsControl)) return Wrong("q", $"1 to {MaxWords} characters of a model's name");
        var tag = task is null ? null : s_tags.GetValueOrDefault(task, task);
        if (tag is not null && (tag.Length > MaxTag || tag.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-")))
        {
            return Wrong("task", $"{string.Join(", ", s_tags.Keys)} or a tag of the hub");
        }

        var count = DefaultLimit;
        if (limit is not null && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MaxLimit))
        {
            return Wrong("limit", $"1 to {MaxLimit}");
        }

        var sent = context.Request.Headers[TokenHeader].ToString();
        if (sent.Length > MaxToken || sent.AsSpan().ContainsAnyExceptInRange('!', '~')) return Wrong(TokenHeader, $"at most {MaxToken} printable ASCII characters");
        var (rows, answer) = await hub.FindAsync(q, tag, count, sent.Length == 0 ? null : new Secret(sent), context.RequestAborted);
        return rows is null ? Refused(context, answer) : Results.Json(new ModelSearchReply([.. rows.Where(IsModel).Select(View)], q), RouseJson.Default.ModelSearchReply);
    }

    private static IResult Refused(HttpContext context, HubAnswer answer)
    {
        if (answer.Status == 401) return Wrong(TokenHeader, "a token that the hub takes");
        if (answer.Status != 429) return Problems.Result(CatalogErrors.HubUnreachable, $"The search failed ({answer.Words}). Try again later.");
        var seconds = Math.Max(1, (int)Math.Ceiling((answer.RetryAfter ?? TimeSpan.FromSeconds(60)).TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Result(CatalogErrors.HubBusy, "The hub answers no more searches for now. Wait as Retry-After says; with a token of your own it allows more.");
    }

    /// <summary>What could not be deployed by its name is not shown.</summary>
    private static bool IsModel(HubModelRow row) => ModelRef.TryParseHub(row.Id, out var model) && model!.Revision is null;

    private static FoundModel View(HubModelRow row) => new(
        row.Id!, PipelineIndex.Word(row.PipelineTag), row.Downloads ?? 0, row.Likes ?? 0, row.Gated.ValueKind is JsonValueKind.String or JsonValueKind.True);

    private static IResult Wrong(string parameter, string expected) => Problems.Result(ErrorCode.InvalidParameter, $"{parameter} must be {expected}.");
}
