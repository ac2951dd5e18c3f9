using System.Text;
using Rouse.Fuzz.Cases;
using Rouse.Fuzz.Document;
using Rouse.Fuzz.Wire;

namespace Rouse.Fuzz.Checks;

/// <summary>A checker that finds nothing proves nothing: each promise is broken here once, and must be noticed.</summary>
public sealed class CheckerTests
{
    private const string Secret = "rk_a_secret_of_the_tests";
    private const string Health = """{"status":"ok"}""";

    private static readonly Checker s_checker = new(ApiDocument.Committed(), [Secret]);

    [Fact]
    public void AnAnswerAsDocumented_IsNoFault() => Assert.Null(Check(Get("getHealth", "/health"), 200, "application/json", Health));

    [Theory]
    [InlineData(500, "application/problem+json", """{"code":"INTERNAL"}""", "500 INTERNAL")]
    [InlineData(502, "text/html", "<html>", "502 ")]
    [InlineData(204, null, "", "undocumented 204")]
    [InlineData(200, "text/html", Health, "media type 200")]
    [InlineData(200, "application/json", "{", "no JSON 200")]
    [InlineData(200, "application/json", "{}", "schema 200: $: property 'status' is missing")]
    [InlineData(200, "application/json", """{"status":1}""", "schema 200: $.status: expected string, got Number")]
    [InlineData(200, "application/json", """{"status":"ok","more":1}""", "undocumented member more")]
    [InlineData(200, "application/json", """{"status":"at Rouse.Server.Http.Problems.Write(HttpContext c)"}""", "inner words")]
    [InlineData(200, "application/json", """{"status":"System.Text.Json.JsonException"}""", "inner words")]
    [InlineData(200, "application/json", """{"status":"rk_a_secret_of_the_tests"}""", "secret")]
    [InlineData(400, "application/json", """{"error":"x"}""", "media type 400")]
    [InlineData(400, "application/problem+json", """{"title":"t","status":400,"code":"MADE_UP","error":"MADE_UP","message":"m","details":{}}""", "unknown code MADE_UP")]
    [InlineData(400, "application/problem+json", """{"title":"t","status":404,"code":"NOT_FOUND","error":"NOT_FOUND","message":"m","details":{}}""", "NOT_FOUND with 400")]
    [InlineData(400, "application/problem+json", """{"title":"t","status":400,"code":"INVALID_INPUT","error":"INVALID_INPUT","message":"m","details":{}}""", "undocumented code INVALID_INPUT")]
    public void ABrokenAnswer_IsAFault(int status, string? type, string body, string kind) => Assert.Equal(kind, Check(Get("getHealth", "/health"), status, type, body)?.Kind);

    [Fact]
    public void NoAnswer_IsAFault()
    {
        Assert.Equal("hang", s_checker.Check(Get("getHealth", "/health"), new Reply(0, [], [], ReplyEnd.Silent), text => text)?.Kind);
        Assert.Equal("cut", s_checker.Check(Get("getHealth", "/health"), new Reply(0, [], [], ReplyEnd.Cut), text => text)?.Kind);
    }

    [Theory]
    [InlineData("DELETE", 404, "method 404")]
    [InlineData("DELETE", 405, "Allow")]
    public void AMethodThatIsNotOffered_MustSayWhichAre(string method, int status, string kind) =>
        Assert.Equal(kind, Check(Get("getHealth", "/health") with { Method = method }, status, "application/problem+json", "{}")?.Kind);

    [Theory]
    [InlineData("limit", "0")]
    [InlineData("limit", "101")]
    [InlineData("limit", "ten")]
    [InlineData("status", "sleepy")]
    public void AQueryThatTheDocumentForbids_MustNotBeAccepted(string name, string value)
    {
        var one = Get("listDeployments", "/v1/deployments") with { Query = [(name, value)] };
        Assert.Equal("accepted", Check(one, 200, "application/json", """{"deployments":[],"total":0,"limit":20}""")?.Kind);
    }

    [Theory]
    [InlineData("""{"dry_run":1}""", "application/json")]
    [InlineData("""{"dry_run":true,"more":1}""", "application/json")]
    [InlineData("[]", "application/json")]
    [InlineData("{", "application/json")]
    [InlineData("{}", "text/plain")]
    public void ABodyThatTheDocumentForbids_MustNotBeAccepted(string body, string type)
    {
        var one = Get("cleanUp", "/v1/cleanup") with { Method = "POST", Json = new JsonLiteral(body), Headers = [("Content-Type", type)] };
        Assert.Equal("accepted", Check(one, 200, "application/json", """{"dry_run":true,"orphans":[],"unseen":[]}""")?.Kind);
    }

    [Theory]
    [InlineData(Caller.Nobody, "credential ignored")]
    [InlineData(Caller.Forger, "credential ignored")]
    [InlineData(Caller.Worker, "credential ignored")]
    public void ACallerWithoutAKey_MustNotBeServed(object caller, string kind) => Assert.Equal(
        kind, Check(Get("listDeployments", "/v1/deployments") with { Caller = (Caller)caller, Forgery = ("Authorization", "Bearer x") }, 200, "application/json", """{"deployments":[],"total":0,"limit":20}""")?.Kind);

    [Fact]
    public void AnotherTenantsObject_MustNotBeShown() =>
        Assert.Equal("foreign object", Check(Get("deleteDeployment", "/v1/deployments/{{deployments:0}}") with { Method = "DELETE", Caller = Caller.Stranger }, 204, null, "")?.Kind);

    private static FuzzCase Get(string operation, string path) => new() { Operation = operation, Method = "GET", Path = path };

    private static Fault? Check(FuzzCase one, int status, string? type, string body) =>
        s_checker.Check(one, new Reply(status, type is null ? [] : [("Content-Type", type)], Encoding.UTF8.GetBytes(body), ReplyEnd.Whole), text => text);
}
