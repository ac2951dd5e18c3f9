using Rouse.Core.Deployments;

namespace Rouse.Core.Tests.Deployments;

public sealed class IdsTests
{
    [Fact]
    public void Encode_IsFixedInLength_OrderedAndInjective()
    {
        var random = new Random(1);
        var bytes = Enumerable.Range(0, 1_000).Select(_ =>
        {
            var sixteen = new byte[Ids.RandomBytes];
            random.NextBytes(sixteen);
            return sixteen;
        }).OrderBy(Convert.ToHexString, StringComparer.Ordinal).ToList();
        var texts = bytes.ConvertAll(sixteen => Ids.Encode(sixteen));
        Assert.All(texts, text => Assert.True(Ids.IsEncoded(text), text));
        Assert.Equal(texts.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal), texts);
    }

    [Fact]
    public void Encode_OfTheWrongNumberOfBytes_Throws() => Assert.Throws<ArgumentException>(() => Ids.Encode(new byte[15]));

    [Fact]
    public void DeploymentId_RoundTrips_AndNothingElseParses()
    {
        var id = DeploymentId.FromRandom(Enumerable.Range(0, 16).Select(number => (byte)(number * 17)).ToArray());
        Assert.Equal(id, DeploymentId.Parse(id.Value));
        Assert.True(DeploymentId.TryParseBare(id.Bare, out var bare) && bare == id);
        string?[] others =
        [
            null, "", "dep_", id.Bare, id.Value + "0", id.Value[..^1], id.Value.ToUpperInvariant(), "dep_" + new string('u', 26), "dep_../" + id.Bare[3..],
        ];
        Assert.All(others, other => Assert.False(DeploymentId.TryParse(other, out _), other));
    }

    [Fact]
    public void DeploymentId_ThatWasNeverSet_Throws() => Assert.Throws<InvalidOperationException>(() => default(DeploymentId).Value);
}
