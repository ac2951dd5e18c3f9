using Rouse.Core.Deployments;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.External;

namespace Rouse.Providers.Tests.External;

public sealed class ExternalServersTests
{
    private static readonly TenantId s_tenant = TenantId.Parse("tester");
    private static readonly ProviderAccess s_access = new(s_tenant, Key: null);
    private static readonly HttpService s_service = new() { Upstream = new Uri("https://tts.example.test/v1") };
    private static readonly BackendName s_name = new(OwnerPrefix.For("rouse", s_tenant), DeploymentId.FromRandom(new byte[Core.Ids.RandomBytes]), 1);

    private readonly List<ClaimedBackend> _claims = [];
    private readonly ExternalServers _provider;

    public ExternalServersTests() => _provider = new ExternalServers("rouse", (tenant, kind, _) =>
        ValueTask.FromResult<IReadOnlyList<ClaimedBackend>>(tenant == s_tenant && kind == ExternalServers.Kind ? [.. _claims] : []));

    [Fact]
    public async Task ABackend_IsListedAsLongAsItsDeploymentClaimsIt()
    {
        var id = await _provider.CreateAsync(Request(s_service), s_access, CancellationToken.None);
        Assert.Equal(s_name.ToString(), id.Value);
        _claims.Add(new ClaimedBackend(s_name, s_service, Account: null, default));
        Assert.Equal([new ObservedBackend(id, s_name, BackendStatus.Running, ReadyWorkers: 0, Workers: 1)], await ListAsync("rouse", s_tenant));
        // Neither a stop nor a delete reaches what is not ours.
        await _provider.SetRunningAsync(id, running: false, s_access, CancellationToken.None);
        await _provider.DeleteAsync(id, s_access, CancellationToken.None);
        Assert.Single(await ListAsync("rouse", s_tenant));
        _claims.Clear();
        Assert.Empty(await ListAsync("rouse", s_tenant));
    }

    [Fact]
    public async Task AList_ShowsOneTenantOfOneInstallation()
    {
        _claims.Add(new ClaimedBackend(s_name, s_service, Account: null, default));
        Assert.Empty(await ListAsync("other", s_tenant));
        Assert.Empty(await ListAsync("rouse", TenantId.Parse("stranger")));
    }

    [Fact]
    public async Task WhatNamesNoAddress_IsRefused() => Assert.Equal(
        ProviderFault.Rejected,
        (await Assert.ThrowsAsync<ProviderException>(async () => await _provider.CreateAsync(Request(new HttpService { Image = "a/b" }), s_access, CancellationToken.None))).Fault);

    [Fact]
    public async Task ItsOneOffer_CostsNothing()
    {
        var offer = Assert.Single(await _provider.ListOffersAsync(region: null, s_access, CancellationToken.None));
        Assert.Equal((ExternalServers.Kind, 0m), (offer.Provider, offer.PricePerSecond));
    }

    [Fact]
    public void ItsAddress_IsACallersWord()
    {
        Assert.Equal(s_service.Upstream, _provider.Traits.AddressOf(new BackendId("x"), s_service));
        Assert.True(_provider.Traits is { AddressIsCallers: true, AddressWantsKey: false, CanStop: false, NeedsKey: false, ServesModels: false });
    }

    private static BackendRequest Request(HttpService service) => new(
        s_name, s_tenant, new DeploymentSpec { Model = ModelRef.Of(service), Provider = ExternalServers.Kind, Service = service }, new Offer(ExternalServers.Kind, "external", 0, 0),
        new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal));

    private ValueTask<IReadOnlyList<ObservedBackend>> ListAsync(string installation, TenantId asked) =>
        _provider.ListOwnedAsync(OwnerPrefix.For(installation, asked), s_access, CancellationToken.None);
}
