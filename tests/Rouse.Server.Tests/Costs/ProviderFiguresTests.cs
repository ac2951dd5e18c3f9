using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Server.Metrics;

namespace Rouse.Server.Tests.Costs;

/// <summary>Faults and attempts are counted where they happen, and nothing else of a call changes.</summary>
public sealed class ProviderFiguresTests
{
    private static readonly ProviderAccess s_access = new(TenantId.Parse("tenant"), Key: null);
    private readonly ProviderFigures _figures = new();

    [Theory]
    [InlineData(ProviderFault.Capacity, "capacity", "refused")]
    [InlineData(ProviderFault.RateLimited, "rate_limited", "refused")]
    [InlineData(ProviderFault.Unknown, "unknown", "unknown")]
    public async Task AFault_IsCountedByItsKind_AndThrownOn(ProviderFault fault, string word, string outcome)
    {
        var provider = new CountedProvider(new Faulty("runpod", fault), _figures);
        Assert.Equal(fault, (await Assert.ThrowsAsync<ProviderException>(async () => await provider.CreateAsync(null!, s_access, default))).Fault);
        Assert.Equal(fault, (await Assert.ThrowsAsync<ProviderException>(async () => await provider.DeleteAsync(default, s_access, default))).Fault);
        Assert.Equal(2, _figures.RunpodErrors);
        Assert.Contains($"\nrouse_provider_errors_total{{provider=\"runpod\",fault=\"{word}\"}} 2\n", Text(), StringComparison.Ordinal);
        Assert.Contains($"\nrouse_attempts_total{{provider=\"runpod\",outcome=\"{outcome}\"}} 1\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatSucceeds_IsNoFault()
    {
        var provider = new CountedProvider(new Faulty("local", fault: null), _figures);
        Assert.Equal(new BackendId("one"), await provider.CreateAsync(null!, s_access, default));
        await provider.SetRunningAsync(default, running: true, s_access, default);
        Assert.Equal(0, _figures.RunpodErrors);
        Assert.DoesNotContain("rouse_provider_errors_total{", Text(), StringComparison.Ordinal);
        Assert.Contains("\nrouse_attempts_total{provider=\"local\",outcome=\"created\"} 1\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FaultsOfAProvidersQueue_AreItsToo()
    {
        var relay = new CountedRelay(new FaultyQueue(), "runpod", _figures);
        await Assert.ThrowsAsync<ProviderException>(async () => await relay.SubmitAsync(default, null!, s_access, default));
        await Assert.ThrowsAsync<ProviderException>(async () => await relay.LookAsync(default, default, s_access, default));
        await Assert.ThrowsAsync<ProviderException>(async () => await relay.CancelAsync(default, default, s_access, default));
        Assert.Equal(3, _figures.RunpodErrors);
    }

    private string Text()
    {
        var text = new PrometheusText();
        _figures.WriteTo(text);
        return text.ToString();
    }

    private sealed class Faulty(string kind, ProviderFault? fault) : IProvider
    {
        public ProviderTraits Traits { get; } = new() { Kind = kind };

        public ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct) => Answer<IReadOnlyList<Offer>>([]);

        public ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct) => Answer(new BackendId("one"));

        public ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct) => Answer<IReadOnlyList<ObservedBackend>>([]);

        public async ValueTask SetRunningAsync(BackendId id, bool running, ProviderAccess access, CancellationToken ct) => await Answer(0);

        public async ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct) => await Answer(0);

        public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct) => await Answer(0);

        private ValueTask<T> Answer<T>(T value) => fault is { } kind ? ValueTask.FromException<T>(new ProviderException(kind, "no")) : ValueTask.FromResult(value);
    }

    private sealed class FaultyQueue : IJobRelay
    {
        private static ProviderException No => new(ProviderFault.Unknown, "no");

        public ValueTask<ProviderJobId> SubmitAsync(BackendId backend, HandedJob job, ProviderAccess access, CancellationToken ct) => throw No;

        public ValueTask<JobSighting?> LookAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct) => throw No;

        public ValueTask CancelAsync(BackendId backend, ProviderJobId job, ProviderAccess access, CancellationToken ct) => throw No;
    }
}
