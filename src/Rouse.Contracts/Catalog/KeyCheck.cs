using System.ComponentModel.DataAnnotations;

namespace Rouse.Contracts.Catalog;

/// <summary>Body of <c>POST /v1/providers/validate</c>.</summary>
/// <param name="Provider">Whose key it is.</param>
/// <param name="ApiKey">Tried once and forgotten.</param>
public sealed record ValidateKeyRequest(
    [property: Required, AllowedValues("huggingface", "runpod", "runpod-pods")] string? Provider = null,
    [property: Required, RegularExpression("^[!-~]+$"), StringLength(4096, MinimumLength = 1)] string? ApiKey = null)
{
    /// <summary>Without the key.</summary>
    public override string ToString() => $"a key of {Provider}";
}

/// <param name="Message">What the provider said, or what to do.</param>
public sealed record ValidateKeyReply(bool Valid, string Message);
