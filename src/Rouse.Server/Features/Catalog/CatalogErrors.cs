using Rouse.Server.Http;

namespace Rouse.Server.Features.Catalog;

/// <summary>The codes of what is asked of others on the caller's behalf.</summary>
internal static class CatalogErrors
{
    public static readonly ErrorCode TooMany = ErrorCode.RateLimitExceeded;
    public static readonly ErrorCode HubBusy = new("HF_RATE_LIMIT", 429, "The model hub is busy");
    public static readonly ErrorCode HubUnreachable = new("HF_UNREACHABLE", 502, "The model hub does not answer");
    public static readonly ErrorCode ProviderUnreachable = new("PROVIDER_UNREACHABLE", 502, "The provider does not answer");
}
