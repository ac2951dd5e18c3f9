using System.Text;
using Rouse.Core.Webhooks;
using Rouse.Store.Secrets;
using Rouse.Store.Tests.Engines;
using Rouse.Store.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Store.Tests.Webhooks;

public sealed class SqliteWebhookStoreTests(SqliteEngine engine) : WebhookStoreConformance<SqliteEngine>(engine);

public sealed class PostgresWebhookStoreTests(PostgresEngine engine) : WebhookStoreConformance<PostgresEngine>(engine);

public abstract class WebhookStoreConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>, IAsyncLifetime
    where TEngine : Engine
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);
    private readonly WebhookBench _bench = new(engine.Database, new ManualTime());

    public Task InitializeAsync() => _bench.ClearAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [EngineFact]
    public async Task OneUrl_IsOneEndpoint()
    {
        await _bench.CreateAsync("https://a.example/");
        var other = await _bench.CreateAsync("https://b.example/");
        var again = new NewWebhook(WebhookBench.NewId(), "https://a.example/", EventFilter.Default, null, IsEnabled: true);

        Assert.Equal(WebhookOutcome.Exists, (await _bench.Store.CreateAsync(_bench.Tenant, again, WebhookBench.Seal, s_day, default)).Outcome);
        Assert.Equal(WebhookOutcome.Exists, (await _bench.Store.UpdateAsync(_bench.Tenant, other, new WebhookChange(again.Url, null, null, null), default)).Outcome);
        Assert.Equal("https://b.example/", (await _bench.GetAsync(other)).Url);
    }

    [EngineFact]
    public async Task CreatingTheEndpointOfADeploymentsUrl_KeepsItsIdAndItsFormerSecret()
    {
        await _bench.PublishAsync(url: "https://a.example/");
        var was = Assert.Single(await _bench.Store.ListAsync(_bench.Tenant, 10, null, default));
        await _bench.Store.RotateAsync(_bench.Tenant, was.Id, WebhookBench.Seal, TimeSpan.Zero, unless: true, default);

        var (_, now) = await _bench.Store.CreateAsync(
            _bench.Tenant, new NewWebhook(WebhookBench.NewId(), "https://a.example/", EventFilter.Parse("*"), "mine", IsEnabled: true), WebhookBench.Seal, s_day, default);

        Assert.Equal((was.Id, false, "mine", 2, _bench.Time.GetUtcNow() + s_day), (now!.Id, now.IsImplicit, now.Description, now.SecretVersion, now.OldSecretUntil!.Value));
        Assert.Equal(new DeliverySigner(was.Id, 2, now.OldSecretUntil), Assert.Single(await _bench.ClaimAsync()).Signer);
    }

    [EngineFact]
    public async Task Rotation_KeepsTheFormerSecret_AndNoneBeforeIt()
    {
        var id = await _bench.CreateAsync("https://a.example/");
        await _bench.Store.RotateAsync(_bench.Tenant, id, WebhookBench.Seal, s_day, unless: false, default);
        Assert.Equal("1 2", await SecretsAsync(id));
        await _bench.Store.RotateAsync(_bench.Tenant, id, WebhookBench.Seal, s_day, unless: false, default);
        Assert.Equal("2 3", await SecretsAsync(id));
        await _bench.Store.RotateAsync(_bench.Tenant, id, WebhookBench.Seal, TimeSpan.Zero, unless: false, default);
        Assert.Equal("4", await SecretsAsync(id));
        var shown = await _bench.GetAsync(id);
        Assert.Equal((4, null), (shown.SecretVersion, shown.OldSecretUntil));
        await _bench.Store.RotateAsync(_bench.Tenant, id, WebhookBench.Seal, s_day, unless: true, default);
        Assert.Equal(4, (await _bench.GetAsync(id)).SecretVersion);
    }

    [EngineFact]
    public async Task Removal_TakesTheSecretsToo()
    {
        var id = await _bench.CreateAsync("https://a.example/");
        await _bench.Store.RemoveAsync(_bench.Tenant, id, default);
        Assert.Equal("", await SecretsAsync(id));
    }

    [EngineFact]
    public async Task ATenant_HasFiftyAtMost()
    {
        for (var i = 0; i < WebhookStore.MostPerTenant; i++) await _bench.CreateAsync($"https://{i}.example/");
        var more = new NewWebhook(WebhookBench.NewId(), "https://more.example/", EventFilter.Default, null, IsEnabled: true);
        Assert.Equal(WebhookOutcome.TooMany, (await _bench.Store.CreateAsync(_bench.Tenant, more, WebhookBench.Seal, s_day, default)).Outcome);
        // What deployments name is not counted: a deployment is never refused for it.
        Assert.Equal(51, (await _bench.PublishAsync(url: "https://more.example/")).Told);
    }

    [EngineFact]
    public async Task ADisabledEndpoint_IsNotTold_UntilItIsEnabled()
    {
        var id = await _bench.CreateAsync("https://a.example/");
        await ChangeAsync(id, isEnabled: false);
        Assert.Equal(DisabledReasons.Owner, (await _bench.GetAsync(id)).DisabledBecause);
        Assert.Equal(0, (await _bench.PublishAsync()).Told);
        Assert.Equal(0, (await _bench.PublishAsync(url: "https://a.example/")).Told);
        await ChangeAsync(id, isEnabled: true);
        Assert.Equal(1, (await _bench.PublishAsync()).Told);
    }

    private async Task ChangeAsync(WebhookId id, bool isEnabled) =>
        Assert.Equal(WebhookOutcome.Done, (await _bench.Store.UpdateAsync(_bench.Tenant, id, new WebhookChange(null, null, null, isEnabled), default)).Outcome);

    /// <summary>The versions that are kept, and that each is what was sealed for it.</summary>
    private async Task<string> SecretsAsync(WebhookId id)
    {
        var store = new SecretStore(engine.Database, _bench.Time);
        List<int> found = [];
        for (var version = 1; version <= 5; version++)
        {
            if (await store.GetAsync(_bench.Tenant, id.Value, WebhookStore.SecretKind(version), default) is not { } secret) continue;
            Assert.Equal($"{id}/{version}", Encoding.UTF8.GetString(secret.Ciphertext));
            found.Add(version);
        }

        return string.Join(' ', found);
    }
}
