using Rouse.Server.Http;

namespace Rouse.Server.Features.Tenants;

/// <summary>The codes of keys and tenants.</summary>
internal static class TenantErrors
{
    public static readonly ErrorCode KeyNotFound = new("KEY_NOT_FOUND", 404, "No such key");
    public static readonly ErrorCode TenantNotFound = new("TENANT_NOT_FOUND", 404, "No such tenant");
    public static readonly ErrorCode TooManyKeys = new("KEY_LIMIT_REACHED", 409, "Too many keys");
    public static readonly ErrorCode KeyNotShown = new("KEY_NOT_SHOWN_AGAIN", 409, "The key was made and cannot be shown again");
    public static readonly ErrorCode NameTaken = new("TENANT_NAME_TAKEN", 409, "This tenant cannot be made");
    public static readonly ErrorCode AccountTaken = new("ACCOUNT_TAKEN", 409, "This account is another tenant's");
    public static readonly ErrorCode OwnTenant = new("OWN_TENANT", 409, "This is your own tenant");
}
