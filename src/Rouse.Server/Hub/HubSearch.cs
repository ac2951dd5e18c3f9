using System.Text.Json;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Hub;

/// <summary>Searches the hub by a part of a model's name.</summary>
internal sealed class HubSearch(HubHttp http)
{
    /// <summary>A row has about 400 bytes; tags make some longer.</summary>
    private const int MaxBytes = 2 << 20;

    /// <param name="tag">The hub's word for a task; null for any.</param>
    /// <returns>The rows, or what the hub said in place of them.</returns>
    public async Task<(IReadOnlyList<HubModelRow>? Rows, HubAnswer Answer)> FindAsync(string words, string? tag, int limit, Secret? token, CancellationToken ct)
    {
        var filter = tag is null ? "" : $"&pipeline_tag={Uri.EscapeDataString(tag)}";
        var path = FormattableString.Invariant($"/api/models?search={Uri.EscapeDataString(words)}{filter}&sort=downloads&direction=-1&limit={limit}");
        var answer = await http.GetAsync(path, token, range: null, MaxBytes, ct);
        if (!answer.IsGood) return (null, answer);
        try
        {
            var rows = JsonSerializer.Deserialize(answer.Body, HubJson.Default.IReadOnlyListHubModelRow);
            return rows is null ? (null, HubAnswer.None("its answer cannot be read")) : ([.. rows.Where(static row => row is not null).Take(limit)], answer);
        }
        catch (JsonException)
        {
            return (null, HubAnswer.None("its answer cannot be read"));
        }
    }
}
