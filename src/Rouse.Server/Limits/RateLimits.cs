using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Tenancy;
using Rouse.Server.Http;

namespace Rouse.Server.Limits;

/// <summary>
/// Requests per minute, by address before anything is looked at and by tenant once the caller is known. <c>/v2</c> and <c>/api</c>, where models and services are used, have bounds of
/// their own; so have refused credentials, whichever operation they came with. Workers and health checks are not counted: many sit behind one address.
/// </summary>
/// <param name="requests">Of a tenant, to operations but those of <c>/v2</c>; an address gets twice as many. 0 for no bound.</param>
/// <param name="jobRequests">The same for <c>/v2</c>.</param>
internal sealed class RateLimits(int requests, int jobRequests, TimeProvider time)
{
    public const int DefaultRequests = 100;

    /// <summary>500 a second: what Runpod allows one endpoint for submitting, asking and streaming together (1,000, 2,000 and 2,000 in 10 s).</summary>
    public const int DefaultJobRequests = 30_000;

    /// <summary>Several tenants may sit behind an address.</summary>
    private const int AddressFactor = 2;

    /// <summary>Counted exactly, in 6 MB.</summary>
    public const int MaxAddresses = 30_000;

    /// <summary>The same of tenants.</summary>
    private const int MaxTenants = 20_000;

    /// <summary>In words of the API: a minute is always enough.</summary>
    private const string RetryAfterSeconds = "60";

    /// <summary>Where what is deployed is used: jobs, services, and the doors that make jobs of requests in other programs' words.</summary>
    private static readonly string[] s_jobPlane = ["/v2", "/api", "/d", "/openai", "/sdapi"];

    private static readonly Dictionary<string, JsonElement> s_details = new(StringComparer.Ordinal) { ["retry_after_seconds"] = Number(RetryAfterSeconds) };

    private readonly SlidingWindows<AddressKey>? _addresses = ByAddress(requests, time);
    private readonly SlidingWindows<AddressKey>? _jobAddresses = ByAddress(jobRequests, time);
    private readonly SlidingWindows<AddressKey>? _refusedAddresses = ByAddress(requests, time);
    private readonly SlidingWindows<TenantId>? _tenants = ByTenant(requests, time);
    private readonly SlidingWindows<TenantId>? _jobTenants = ByTenant(jobRequests, time);

    /// <summary>Before the credential is looked at.</summary>
    public bool TryTake(HttpContext context)
    {
        var address = AddressKey.Of(context.Connection.RemoteIpAddress);
        if (_refusedAddresses?.IsSpent(address) == true) return false;
        return (IsJobPlane(context) ? _jobAddresses : _addresses)?.TryTake(address) ?? true;
    }

    /// <summary>The credential was refused.</summary>
    public void CountRefused(HttpContext context) => _refusedAddresses?.TryTake(AddressKey.Of(context.Connection.RemoteIpAddress));

    /// <summary>Once the caller is known.</summary>
    /// <returns>Why the request goes no further; null when it does.</returns>
    public IResult? Refuse(HttpContext context, TenantId tenant)
    {
        var windows = IsJobPlane(context) ? _jobTenants : _tenants;
        return windows?.TryTake(tenant) == false ? Refuse(context, "You have sent more requests than one tenant may send in a minute.") : null;
    }

    public static IResult Refuse(HttpContext context, string detail)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problems.Result(ErrorCode.RateLimitExceeded, $"{detail} Go on in {RetryAfterSeconds} s.", s_details);
    }

    private static bool IsJobPlane(HttpContext context) =>
        Array.Exists(s_jobPlane, prefix => context.Request.Path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase));

    private static SlidingWindows<AddressKey>? ByAddress(int limit, TimeProvider time) => limit == 0 ? null : new(limit * AddressFactor, MaxAddresses, time);

    private static SlidingWindows<TenantId>? ByTenant(int limit, TimeProvider time) => limit == 0 ? null : new(limit, MaxTenants, time);

    private static JsonElement Number(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
