using System.Net;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

public sealed class FaultsTests
{
    /// <summary>The texts of public reports, as an HTTP status and a body. "C7" are those that the product before this one took for the opposite.</summary>
    public static TheoryData<int, string, ProviderFault> Answers => new()
    {
        // Want of capacity (C7: none of these was known as such).
        { 400, Problem("There are no longer any instances available with the requested specifications. Please refresh and try again."), ProviderFault.Capacity },
        { 400, Problem("There are no instances available with the request specifications. Please try again later."), ProviderFault.Capacity },
        { 400, Problem("There are no instances currently available"), ProviderFault.Capacity },
        { 400, """{"detail":"There are not enough free GPUs on the host machine to start this pod.","status":400,"title":"Bad Request"}""", ProviderFault.Capacity },
        { 400, Problem("There is not enough free memory on the host machine to start this pod."), ProviderFault.Capacity },
        { 500, """{"error":"This machine does not have the resources to deploy your pod. Please try a different machine","status":500}""", ProviderFault.Capacity },
        { 400, Problem("could not find any pods with required specifications"), ProviderFault.Capacity },
        { 400, Problem("Insufficient resources"), ProviderFault.Capacity },
        { 400, """{"errors":[{"message":"No GPU","extensions":{"code":"SUPPLY_CONSTRAINT"}}]}""", ProviderFault.Capacity },
        { 400, "NO LONGER ANY INSTANCES AVAILABLE", ProviderFault.Capacity },

        // Money (C7: "insufficient" made it capacity).
        { 400, Problem("Insufficient credit to create this pod."), ProviderFault.Balance },
        { 400, Problem("insufficient funds"), ProviderFault.Balance },
        { 403, Problem("Your account balance is too low to do this."), ProviderFault.Balance },
        { 500, """{"message":"Insufficient balance. Please add funds."}""", ProviderFault.Balance },
        { 402, "", ProviderFault.Balance },
        { 402, Problem("There are no instances available"), ProviderFault.Balance },

        // Limits of the account.
        { 400, Problem("Max workers across all endpoints must not exceed your workers quota (5)."), ProviderFault.Quota },
        { 400, Problem("You can have at most 3 workers."), ProviderFault.Quota },
        { 400, Problem("workers.max must be at most 5"), ProviderFault.Quota },
        { 400, """{"error":"Your worker concurrency cannot go beyond the maximum limit of (20). Please contact support."}""", ProviderFault.Quota },
        { 400, Problem("You have reached your spend limit of $80 per hour."), ProviderFault.Quota },

        // The key.
        { 401, Problem("missing bearer token"), ProviderFault.Unauthorized },
        { 403, Problem("access denied"), ProviderFault.Unauthorized },
        { 403, "", ProviderFault.Unauthorized },
        { 403, Problem("Your account is not allowed for this pool."), ProviderFault.Rejected },

        // Rules.
        { 400, Problem("request could not be processed"), ProviderFault.Rejected },
        { 404, Problem("template not found"), ProviderFault.Rejected },
        { 409, Problem("action not valid for the pod's status"), ProviderFault.Rejected },
        { 422, """{"title":"Unprocessable Entity","status":422,"detail":"Request validation failed.","errors":["$.workers.idleTimeout: must be at most 3600"]}""", ProviderFault.Rejected },

        // Too often.
        { 429, Problem("rate limit exceeded for the minute window"), ProviderFault.RateLimited },

        // Nobody knows (C7: "unavailable" made it capacity).
        { 503, "503 Service Unavailable", ProviderFault.Unknown },
        { 503, "<html><body>Service Temporarily Unavailable</body></html>", ProviderFault.Unknown },
        { 500, Problem("Something went wrong. Please try again later or contact support."), ProviderFault.Unknown },
        { 502, "", ProviderFault.Unknown },
        { 504, "upstream request timeout", ProviderFault.Unknown },
        { 408, "", ProviderFault.Unknown },
        { 302, "", ProviderFault.Unknown },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void AnAnswer_MeansOneThing(int status, string body, ProviderFault fault)
    {
        var thrown = RunpodFaults.From((HttpStatusCode)status, body, retryAfter: null, "create the endpoint");
        Assert.Equal(fault, thrown.Fault);
        Assert.InRange(thrown.Message.Length, 20, 700);
    }

    [Fact]
    public void APoolThatIsNotForTheAccount_GivesWayToTheNextOffer()
    {
        var refused = RunpodFaults.From(System.Net.HttpStatusCode.Forbidden, Problem("Your account is not allowed for this pool."), retryAfter: null, "create the endpoint");
        Assert.Equal((ProviderFault.Rejected, FailureCodes.NoCapacity), (refused.Fault, refused.Code));
    }

    [Fact]
    public void AQuota_IsToldByItsNumber()
    {
        var thrown = RunpodFaults.From(HttpStatusCode.BadRequest, Problem("You can have at most 3 workers."), null, "create the endpoint");
        Assert.Equal(ProviderFault.Quota, thrown.Fault);
        Assert.Contains("allows 3 workers", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("workers.max", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARateLimit_CarriesTheWait()
    {
        var thrown = RunpodFaults.From(HttpStatusCode.TooManyRequests, "", TimeSpan.FromSeconds(12), "list the endpoints");
        Assert.Equal(TimeSpan.FromSeconds(12), thrown.RetryAfter);
        Assert.NotNull(RunpodFaults.From(HttpStatusCode.TooManyRequests, "", null, "list the endpoints").RetryAfter);
    }

    [Fact]
    public void AMessage_ShowsNoSecretAndNotTheWholeBody()
    {
        var body = Problem("bad value tok-en-123456 for HF_TOKEN, key rpa_ABCDEFGHIJKLMN, Authorization: Bearer abcdef.\nline\t2 " + new string('x', 5000));
        var thrown = RunpodFaults.From(HttpStatusCode.BadRequest, body, null, "create the endpoint", "tok-en-123456");
        Assert.DoesNotContain("tok-en-123456", thrown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("rpa_ABC", thrown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("abcdef", thrown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', thrown.Message);
        Assert.InRange(thrown.Message.Length, 20, 400);
    }

    [Fact]
    public void AMessage_KeepsTheNamesOfSettings()
    {
        var thrown = RunpodFaults.From(HttpStatusCode.UnprocessableEntity, Problem("env.HF_MODEL_ID and hf_model_id: expected a string"), null, "create the endpoint");
        Assert.Contains("env.HF_MODEL_ID and hf_model_id: expected a string", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"title":"Bad Request","status":400,"detail":"no","errors":["a","b"]}""", "no: a; b")]
    [InlineData("""{"error":"broken","status":500}""", "broken")]
    [InlineData("""{"message":"broken"}""", "broken")]
    [InlineData("""{"errors":[{"message":"broken","extensions":{"code":"RUNPOD"}}]}""", "broken: RUNPOD")]
    [InlineData("broken", "broken")]
    [InlineData("{broken", "{broken")]
    [InlineData("[]", "[]")]
    [InlineData("", "")]
    public void ABody_IsReadLeniently(string body, string text) => Assert.Equal(text, RunpodText.Detail(body));

    private static string Problem(string detail) => $$"""{"title":"Bad Request","status":400,"detail":"{{detail}}"}""".Replace("\n", "\\n").Replace("\t", "\\t");
}
