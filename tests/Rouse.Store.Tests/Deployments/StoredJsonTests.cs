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

    [Fact]
    public void Spec_OfAService_ComesBackAsItWas()
    {
        var service = new HttpService
        {
            Image = "ghcr.io/acme/tts:1", Args = "--fast", Variables = "A B", Port = 8188, HealthPath = "/ready", Concurrency = 4, MaxQueue = 7, MaxQueueBytes = 8, MaxBodyBytes = 9,
            WakeTimeout = TimeSpan.FromSeconds(10), BusyTimeout = TimeSpan.FromSeconds(11), ResponseTimeout = TimeSpan.FromSeconds(12), ProcessPath = "/go", MaxRetries = 2,
            RetryDelay = TimeSpan.FromMilliseconds(500), VramGb = 24, NetworkVolume = "vol1", Fallback = WakeFallback.Gpu,
        };
        HttpService[] services = [service, new HttpService { PodId = "abc123" }, new HttpService { Upstream = new Uri("https://a.test:8443/v1") }];
        foreach (var one in services)
        {
            var spec = new DeploymentSpec { Model = ModelRef.Of(one), Service = one };
            Assert.Equal(spec, SpecJson.Read(SpecJson.Write(spec)));
        }
    }

    [Fact]
    public void Spec_WhenARowKnowsOnlyThatItIsAService_TakesTheDefaultsOfTheRest()
    {
        var spec = SpecJson.Read("""{"model":"service:acme/tts","service":{"image":"acme/tts"}}""");

        Assert.Equal(new HttpService { Image = "acme/tts" }, spec.Service);
    }
}
