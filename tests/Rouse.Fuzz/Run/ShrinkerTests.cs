using Rouse.Fuzz.Cases;
using Rouse.Fuzz.Document;

namespace Rouse.Fuzz.Run;

public sealed class ShrinkerTests
{
    [Fact]
    public async Task Shrink_KeepsWhatTheFaultNeeds_AndNothingElse()
    {
        var one = new FuzzCase
        {
            Operation = "createDeployment",
            Method = "POST",
            Path = "/v1/deployments",
            Query = [("a", "1"), ("b", "2")],
            Headers = [("Accept", "*/*"), ("Content-Type", "application/json")],
            IsChunked = true,
            Json = JsonPiece.From(System.Text.Json.JsonElement.Parse("""{"name":"x","workers":{"min":1,"list":[1,{"bad":"yes"},3]}}""")),
        };
        var small = await Shrinker.ShrinkAsync(one, candidate => Task.FromResult(candidate.Json?.ToString().Contains("\"bad\"", StringComparison.Ordinal) == true));
        Assert.Equal(("""{"workers":{"list":[{"bad":0}]}}""", "/v1/deployments", 0, false), (small.Json!.ToString(), small.Target, small.Headers.Count, small.IsChunked));
    }

    [Fact]
    public void ACase_IsTheSameAgain_ByItsSeedAndNumber()
    {
        var document = ApiDocument.Committed();
        CaseMaker maker = new(document, new ValueMaker(document, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)), new Spoiler(document));
        foreach (var operation in document.Operations)
        {
            Assert.Equal(maker.Make(7, operation.Id, 11).ToString(), maker.Make(7, operation.Id, 11).ToString());
            Assert.NotEqual(Enumerable.Range(0, 20).Select(i => maker.Make(7, operation.Id, i).ToString()), Enumerable.Range(0, 20).Select(i => maker.Make(8, operation.Id, i).ToString()));
        }
    }

    [Fact]
    public void ASeed_IsReadAsItWasWritten()
    {
        var one = new FuzzCase { Operation = "a", Method = "PUT", Path = "/x", Query = [("q", null), ("r", "")], Headers = [("H", "v")], Json = new JsonLiteral("{\"\\ud800\":1}"), Caller = Caller.Forger, Forgery = ("A", "b") };
        var again = SeedFile.Read(SeedFile.Write(one, "why"));
        Assert.Equal(one.ToString(), again.ToString());
    }
}
