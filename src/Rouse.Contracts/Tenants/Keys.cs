using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Tenants;

/// <summary>Body of <c>POST /v1/keys</c>.</summary>
public sealed record CreateKeyRequest
{
    /// <summary>For people: 1 to 64 characters.</summary>
    [Required]
    [StringLength(64, MinimumLength = 1)]
    public string? Name { get; init; }

    /// <summary><c>read</c>, <c>run</c>, <c>deploy</c>, <c>keys</c>, each holding those before it, and <c>admin</c>. Left out: <c>deploy</c>.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>60 to 315,360,000 (ten years). Left out: never.</summary>
    [Range(60, 315_360_000)]
    public long? ExpiresInSeconds { get; init; }

    /// <summary>Whose key it is to be, for the operator. Left out: the caller's own tenant.</summary>
    [RegularExpression("^[a-z0-9_-]{1,64}$")]
    public string? Tenant { get; init; }
}

/// <summary>Body of <c>POST /v1/keys/runpod</c>.</summary>
public sealed record AddRunpodKeyRequest
{
    /// <summary>A key of Runpod's. Checked there, then kept encrypted for what is deployed.</summary>
    [Required]
    [RegularExpression("^[A-Za-z0-9_-]+$")]
    [StringLength(128, MinimumLength = 20)]
    public string? ApiKey { get; init; }

    /// <summary>As <see cref="CreateKeyRequest.Name"/>.</summary>
    [Required]
    [StringLength(64, MinimumLength = 1)]
    public string? Name { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"a Runpod key named {Name}";
}

/// <summary>A key as lists show it.</summary>
public record KeyView
{
    public required string Id { get; init; }

    /// <summary><c>rouse</c>: made here. <c>runpod</c>: made there, and known here.</summary>
    public required string Kind { get; init; }

    public required string Tenant { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The key's last characters.</summary>
    public required string Hint { get; init; }

    /// <summary>For a Runpod key: the name under which its account is known here. Keys of one account have the same.</summary>
    public string? Account { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>To within an hour.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }
}

/// <summary>Answer of <c>POST /v1/keys</c>.</summary>
public sealed record CreatedKey : KeyView
{
    /// <summary>The key itself. It is shown this once.</summary>
    public required string Key { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"{Id} of {Tenant}";
}

/// <summary>Answer of <c>GET /v1/keys</c>, the newest first.</summary>
public sealed record KeyList(IReadOnlyList<KeyView> Keys);
