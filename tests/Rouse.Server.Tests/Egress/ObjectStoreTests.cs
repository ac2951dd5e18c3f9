using System.Collections.Concurrent;
using Amazon.Runtime;
using Rouse.Core.Caching;
using Rouse.Core.Tenancy;
using Rouse.Server.Caching.S3;
using Rouse.Server.Egress;
using Xunit.Abstractions;

namespace Rouse.Server.Tests.Egress;

/// <summary>An object store of a tenant's is taken in all spellings of internal targets, and none of them is connected to.</summary>
public sealed class ObjectStoreTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Spellings_OfAnObjectStore_ReachNothing_AndReadLikeWhatIsNotThere()
    {
        await using var canary = new Canary();
        var policy = EgressPolicy.Parse(null, allowLoopback: false, InternalSpellings.ResolveAsync, static _ => { });
        using var clients = new S3Clients(EgressHandler.Create(policy, 16), EgressHandler.Create(policy, 16));
        var urls = InternalSpellings.Urls(canary.Port).Where(static url => Uri.TryCreate(url, UriKind.Absolute, out _)).Select(static url => new Uri(url).GetLeftPart(UriPartial.Authority));
        var endpoints = urls.Distinct(StringComparer.Ordinal).Where(static url => S3Location.TryParseEndpoint(url, out _)).ToList();
        ConcurrentDictionary<string, int> words = new(StringComparer.Ordinal);
        await Parallel.ForEachAsync(endpoints, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (url, ct) =>
        {
            var location = new S3Location { Bucket = "models", Endpoint = new Uri(url) };
            using var store = clients.Open(location, new S3Keys(new Secret("AKIAIOSFODNN7EXAMPLE"), new Secret("a-secret-of-a-tenant")), isOperators: false);
            var error = await Assert.ThrowsAnyAsync<Exception>(() => store.ReadAsync("manifest.json", 1024, ct));
            words.AddOrUpdate($"{error.GetType().Name}: {(error is AmazonServiceException ? "service" : error.Message)}".Replace(url, "URL", StringComparison.Ordinal), 1, static (_, sum) => sum + 1);
        });
        Assert.Single(words);
        output.WriteLine($"{endpoints.Count} endpoints: {canary.Connections} reached the canary; {string.Join(" | ", words.Select(static pair => $"{pair.Value} × {pair.Key}"))}");
        Assert.True(endpoints.Count >= 300);
        Assert.Equal(0, canary.Connections);
    }
}
