using Rouse.Store.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Models;

namespace Rouse.Store.Tests.Deployments;

/// <summary>Rows outlive programs: what an older one wrote must mean the same.</summary>
public sealed class StoredJsonTests
{
    [Fact]
    public void Spec_WhenARowKnowsOnlyTheFirstMembers_TakesTheDefaultsOfTheRest()
    {
        var spec = SpecJson.Read("""{"model":"hf:acme/tiny@v1"}""");

        Assert.Equal(new DeploymentSpec { Model = ModelRef.Parse("hf:acme/tiny@v1") }, spec);
    }

    [Fact]
    public void Spec_WhenARowKnowsMoreThanWe_IsReadAllTheSame()
    {
        var spec = SpecJson.Read("""{"model":"file:/models/x","of_the_future":[1]}""");

        Assert.Equal("/models/x", spec.Model.Id);
    }
}
