namespace Rouse.Contracts.Tenants;

/// <summary>A tenant as its operator sees it.</summary>
public sealed record TenantView
{
    public required string Tenant { get; init; }

    /// <summary><c>operator</c>: made by the operator. <c>guest</c>: came with a Runpod key.</summary>
    public required string Kind { get; init; }

    /// <summary>Deployments that have not ended.</summary>
    public required int LivingDeployments { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when its keys are refused.</summary>
    public DateTimeOffset? DisabledAt { get; init; }
}

/// <summary>Answer of <c>GET /v1/tenants</c>, in the order of their names.</summary>
/// <param name="Next">What <c>after</c> must be for the next page; null on the last.</param>
public sealed record TenantPage(IReadOnlyList<TenantView> Tenants, string? Next = null);

/// <summary>Answer of <c>POST /v1/tenants/{tenant}/disable</c> and <c>enable</c>.</summary>
public sealed record TenantState(string Tenant, bool Disabled);

/// <summary>Answer of <c>DELETE /v1/tenants/{tenant}/deployments</c>.</summary>
/// <param name="Deleting">How many are being removed now.</param>
public sealed record TenantRemoval(string Tenant, int Deleting);
