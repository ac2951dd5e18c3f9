using Rouse.Core.Tenancy;
using Rouse.Server.Features.Catalog;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Catalog;

public sealed class CallBudgetTests
{
    private static readonly TenantId s_acme = TenantId.Parse("acme");
    private readonly ManualTime _time = new();

    [Fact]
    public void ATenant_MayCallTenTimesInAnyMinute()
    {
        var budget = new CallBudget(_time);
        for (var i = 0; i < CallBudget.Most; i++)
        {
            Assert.True(budget.TryTake(s_acme));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(budget.TryTake(s_acme));
        Assert.True(budget.TryTake(TenantId.Parse("other")));
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.True(budget.TryTake(s_acme));
        Assert.False(budget.TryTake(s_acme));
        _time.Advance(CallBudget.Window);
        Assert.True(budget.TryTake(s_acme));
    }

    [Fact]
    public void Memory_IsBounded_AndAFloodOfTenantsLocksNobodyOutForLong()
    {
        var budget = new CallBudget(_time);
        for (var i = 0; i < CallBudget.MaxTenants; i++) Assert.True(budget.TryTake(TenantId.Parse($"t{i}")));
        Assert.False(budget.TryTake(s_acme));
        _time.Advance(CallBudget.Window);
        Assert.True(budget.TryTake(s_acme));
    }
}
