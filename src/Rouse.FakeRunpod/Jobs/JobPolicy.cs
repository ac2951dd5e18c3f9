using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>
/// How long things may take: docs.runpod.io serverless/endpoints/send-requests, 2026-08. Only the documented names count; others are taken and
/// do nothing, as on the real service.
/// </summary>
internal static class JobPolicy
{
    public static readonly TimeSpan DefaultExecution = TimeSpan.FromSeconds(600);
    public static readonly TimeSpan DefaultTtl = TimeSpan.FromHours(24);
    public static readonly TimeSpan KeptAfterRun = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan KeptAfterRunSync = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_shortestExecution = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_shortestTtl = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(7);

    public static TimeSpan Execution(Job job, TimeSpan? ofEndpoint) =>
        Read(job, "executionTimeout", s_shortestExecution) ?? ofEndpoint ?? DefaultExecution;

    /// <summary>From submission; the job then vanishes.</summary>
    public static TimeSpan Ttl(Job job) => Read(job, "ttl", s_shortestTtl) ?? DefaultTtl;

    public static TimeSpan Kept(Job job) => job.IsSync ? KeptAfterRunSync : KeptAfterRun;

    private static TimeSpan? Read(Job job, string name, TimeSpan shortest)
    {
        if ((job.Request["policy"] as JsonObject)?[name].AsNumber() is not { } milliseconds) return null;
        var asked = TimeSpan.FromMilliseconds(milliseconds);
        return asked < shortest ? shortest : asked > s_longest ? s_longest : asked;
    }
}
