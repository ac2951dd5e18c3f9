using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

public sealed class EndpointMemoryTests
{
    private static readonly WorkerLook s_unhealthy = new(At: 5, Ready: 0, Initializing: 0, Throttled: 0, Unhealthy: 1, Total: 1, Jobs: null);
    private static readonly WorkerLook s_initializing = s_unhealthy with { Initializing = 1, Unhealthy = 0 };
    private static readonly WorkerLook s_ready = s_unhealthy with { Ready = 1, Unhealthy = 0 };
    private static readonly WorkerLook s_asleep = new(At: 6, Ready: 0, Initializing: 0, Throttled: 0, Unhealthy: 0, Total: 0, Jobs: 0);

    private readonly EndpointMemory _memory = new();

    [Fact]
    public void UnhealthyLooks_AddUp_WhileItIsStartedAgainInBetween()
    {
        foreach (var look in new[] { s_unhealthy, s_initializing, s_unhealthy with { At = 9 }, s_initializing }) _memory.See(look);
        Assert.Equal((2, 5), (_memory.UnhealthyLooks, _memory.UnhealthySince));
    }

    [Fact]
    public void AReadyWorker_OrASleep_EndsThem()
    {
        foreach (var end in new[] { s_ready, s_asleep })
        {
            _memory.See(s_unhealthy);
            _memory.See(end);
            Assert.Equal(0, _memory.UnhealthyLooks);
        }
    }

    [Fact]
    public void Initializing_IsCountedFromItsFirstLook_AndEndsWithAnyOther()
    {
        _memory.See(s_initializing with { At = 3 });
        _memory.See(s_initializing with { At = 8 });
        Assert.Equal(3, _memory.InitializingSince);
        _memory.See(s_unhealthy);
        Assert.Null(_memory.InitializingSince);
    }

    [Fact]
    public void OnlyWhatIsReadyOrAsleep_IsAtRest()
    {
        Assert.True(_memory.IsUnsettled);
        foreach (var look in new[] { s_ready, s_asleep })
        {
            _memory.See(look);
            Assert.False(_memory.IsUnsettled);
        }

        foreach (var look in new[] { s_unhealthy, s_initializing, s_asleep with { Jobs = 1 }, s_asleep with { Jobs = null } })
        {
            _memory.See(look);
            Assert.True(_memory.IsUnsettled);
        }
    }
}
