namespace Rouse.Contracts.Catalog;

/// <summary>Answer of <c>GET /v1/models/search</c>.</summary>
/// <param name="Results">The most downloaded first.</param>
public sealed record ModelSearchReply(IReadOnlyList<FoundModel> Results, string Query);

/// <param name="Task">The hub's word for what the model does; null when it says none.</param>
/// <param name="Downloads">Of the last 30 days, as the hub counts them.</param>
/// <param name="Gated">Its terms must be accepted at the hub.</param>
public sealed record FoundModel(string ModelId, string? Task, long Downloads, long Likes, bool Gated);
