using System.Text;
using Rouse.Gateway.Readiness;

namespace Rouse.Gateway.Tests.Readiness;

/// <summary>What a health page's answer means.</summary>
public sealed class HealthAnswerTests
{
    [Theory]
    [InlineData(200, "text/plain", "fine", ReadyState.Ready)]
    [InlineData(200, null, "", ReadyState.Ready)]
    [InlineData(200, "application/json", """{"status":"ready"}""", ReadyState.Ready)]
    [InlineData(200, "application/json", """{"status":"installing","models":[{"status":"error"}]}""", ReadyState.Ready)]
    [InlineData(200, "application/problem+json", """{"detail":{"status":"error"},"status":"Installing"}""", ReadyState.Ready)]
    [InlineData(200, "application/json", """{"status":"ok"}""", ReadyState.Ready)]
    [InlineData(200, "application/json", """{"status":200}""", ReadyState.Ready)]
    [InlineData(200, "application/json", """{"uptime":3}""", ReadyState.Ready)]
    [InlineData(200, "application/json", "[]", ReadyState.Ready)]
    [InlineData(200, "application/json", "{not json", ReadyState.Ready)]
    [InlineData(200, "application/json", """{"status":"starting"}""", ReadyState.Warming)]
    [InlineData(200, "application/json", """{"status":"error"}""", ReadyState.Warming)]
    [InlineData(200, "text/plain", """{"status":"error"}""", ReadyState.Ready)]
    [InlineData(204, null, "", ReadyState.Warming)]
    [InlineData(301, null, "", ReadyState.NotReady)]
    [InlineData(401, null, "", ReadyState.NotReady)]
    [InlineData(404, null, "", ReadyState.NotReady)]
    [InlineData(405, null, "", ReadyState.NotReady)]
    [InlineData(500, "application/json", """{"status":"ready"}""", ReadyState.NotReady)]
    [InlineData(503, null, "", ReadyState.NotReady)]
    public void AnAnswer_IsReadAsItWasMeant(int status, string? mediaType, string body, ReadyState state)
    {
        var verdict = HealthAnswer.Read(status, mediaType, Encoding.UTF8.GetBytes(body), "/health");
        Assert.Equal(state, verdict.State);
        Assert.Equal(state == ReadyState.Ready, verdict.Why is null);
    }

    [Fact]
    public void WhatIsNotThere_IsSaid_WithWhatToDo()
    {
        Assert.Contains("service.health_path", HealthAnswer.Read(404, null, default, "/health").Why!, StringComparison.Ordinal);
        Assert.Contains("'starting'", HealthAnswer.Read(200, "application/json", """{"status":"starting"}"""u8, "/health").Why!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":"xxxxxxxxxxxxxxxxxxxx""")]
    [InlineData("""{"a":{"b":[1,2""")]
    [InlineData("""{"status":"re""")]
    [InlineData("""{"status":"\ud800"}""")]
    public void ADocumentThatIsCutOffOrBroken_IsNotHeldAgainstA200(string body) =>
        Assert.True(HealthAnswer.Read(200, "application/json", Encoding.UTF8.GetBytes(body), "/health").IsReady);

    [Fact]
    public void ALongWord_IsCut_AndCarriesNoControlCharacters()
    {
        var why = HealthAnswer.Read(200, "application/json", Encoding.UTF8.GetBytes($$"""{"status":"a\r\n{{new string('x', 500)}}"}"""), "/health").Why!;
        Assert.True(why.Length < 100 && !why.Any(char.IsControl), why);
    }
}
