using Rouse.Core.Deployments;
using static Rouse.Core.Tests.Deployments.Worlds;

namespace Rouse.Core.Tests.Deployments;

public sealed class BackendNameTests
{
    private static readonly BackendName s_name = new(OwnerPrefix.For("rouse", Tenant), Id, 7);

    [Fact]
    public void TryParse_OfAName_GivesItBack()
    {
        Assert.True(BackendName.TryParse(s_name.ToString(), out var parsed));
        Assert.Equal(s_name, parsed);
        Assert.True(s_name.ToString().Length <= 63, "A name must fit a DNS label.");
    }

    [Fact]
    public void TryParse_OfAMimic_Refuses()
    {
        var text = s_name.ToString();
        string?[] mimics =
        [
            null, "", text + " ", " " + text, text + "-1", text.ToUpperInvariant(), text[..^1] + "0", text[..^1] + "07", text[..^1] + "-7",
            text[..^1] + "+7", text[..^1] + "٧", text[..^1] + "99999999999",
            text.Replace("rouse", "r", StringComparison.Ordinal), text.Replace("rouse", "ro_se", StringComparison.Ordinal),
            text.Replace('0', 'u'), text.Replace("-", "--", StringComparison.Ordinal), "rouse-" + Tenant.Hash8, "visgate-user-model",
        ];
        Assert.All(mimics, mimic => Assert.False(BackendName.TryParse(mimic, out _), mimic));
    }

    [Theory]
    [InlineData("r")]
    [InlineData("thirteenchars")]
    [InlineData("with-dash")]
    [InlineData("Upper")]
    public void OwnerPrefix_OfABadWord_Throws(string installation) => Assert.Throws<FormatException>(() => OwnerPrefix.For(installation, Tenant));

    [Fact]
    public void OwnerPrefix_OfTwoTenants_Differs() =>
        Assert.NotEqual(OwnerPrefix.For("rouse", Tenant), OwnerPrefix.For("rouse", Tenancy.TenantIds.Other));
}
