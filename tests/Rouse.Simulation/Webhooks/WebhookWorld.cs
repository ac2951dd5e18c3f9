using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Contracts.Webhooks;
using Rouse.Core;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Server.Metrics;
using Rouse.Server.Secrets;
using Rouse.Server.Webhooks;
using Rouse.Store;
using Rouse.Store.Secrets;
using Rouse.Store.Webhooks;
using Rouse.TestKit.Time;

namespace Rouse.Simulation.Webhooks;

/// <summary>The real store, the real loop, signer and sender; receivers and the clock are played.</summary>
internal sealed class WebhookWorld : IAsyncDisposable
{
    /// <summary>In a run whose clock stands still something hangs.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private static readonly TenantId s_tenant = TenantId.Parse("acme");
    private readonly Database _database;
    private readonly WebhookSigner _signer;
    private readonly ReceiverHandler _network;
    private readonly ServerFigures _figures = new();
    private readonly Random _chance;
    private WebhookDeliveryLoop? _loop;

    public WebhookWorld(Database database, ManualTime time, IReadOnlyList<Receiver> receivers, Random chance)
    {
        (_database, Time, _chance) = (database, time, chance);
        Store = new WebhookStore(database, time);
        Log = new DeliveryLog(database, time);
        Queue = new DeliveryQueue(database, time, "world");
        _signer = new WebhookSigner(Store, new SecretStore(database, time), new SecretCipher(new EphemeralDataProtectionProvider()), RandomNumberGenerator.Fill, time);
        _network = new ReceiverHandler(time, receivers);
    }

    public ManualTime Time { get; }

    public WebhookStore Store { get; }

    public DeliveryLog Log { get; }

    public DeliveryQueue Queue { get; }

    public bool IsAlive => _loop is not null;

    public async Task<WebhookId> AddAsync(Receiver receiver)
    {
        var (secret, seal) = _signer.Fresh(s_tenant);
        receiver.Secret = secret;
        var webhook = new NewWebhook(WebhookId.From(RandomNumberGenerator.GetBytes(Ids.RandomBytes)), receiver.Url, EventFilter.Default, null, IsEnabled: true);
        return (await Store.CreateAsync(s_tenant, webhook, seal, WebhookSigner.Overlap, default)).Endpoint!.Id;
    }

    /// <returns>The new secret, for the receiver's owner to take when he gets to it.</returns>
    public async Task<WebhookSecret> RotateAsync(WebhookId id)
    {
        var (secret, seal) = _signer.Fresh(s_tenant);
        await Store.RotateAsync(s_tenant, id, seal, WebhookSigner.Overlap, unless: false, default);
        return secret;
    }

    public async Task PublishAsync(IEnumerable<string> ids)
    {
        await Queue.PublishAsync([.. ids.Select(id => new WebhookEvent(id, s_tenant, EventTypes.Ready, () => System.Text.Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"}""")))], default);
        _loop?.Nudge();
    }

    public async Task<WebhookEndpoint> GetAsync(WebhookId id) => (await Store.GetAsync(s_tenant, id, default))!;

    public async Task SetEnabledAsync(WebhookId id, bool isEnabled) =>
        await Store.UpdateAsync(s_tenant, id, new WebhookChange(null, null, null, isEnabled), default);

    public async Task<int> ResendDeadAsync(WebhookId id)
    {
        var count = 0;
        while (await Log.ResendDeadAsync(s_tenant, id, default) is > 0 and var batch) count += batch;
        _loop?.Nudge();
        return count;
    }

    public async Task StartAsync()
    {
        var sender = new WebhookSender(_signer, new HttpMessageInvoker(_network, disposeHandler: false), Time, NullLogger<WebhookSender>.Instance);
        _loop = new WebhookDeliveryLoop(Queue, sender, _figures, Chance, Time, NullLogger<WebhookDeliveryLoop>.Instance);
        await _loop.StartAsync(default);
    }

    /// <summary>Cuts everything where it is: what is in the air gets no answer, and nothing of it is written down.</summary>
    /// <returns>How many tries were in the air.</returns>
    public async Task<int> KillAsync()
    {
        var inTheAir = _loop!.Sending;
        await _loop.StopAsync(default);
        _loop.Dispose();
        _loop = null;
        return inTheAir;
    }

    /// <summary>Until nothing can happen any more unless the clock moves.</summary>
    public void WaitUntilQuiet()
    {
        if (_loop is null) return;
        var began = TimeProvider.System.GetTimestamp();
        var spin = default(SpinWait);
        while (true)
        {
            // Between two looks at the same rest: a loop that works may begin tries, and a try that ends nudges the loop before it is counted out.
            var rest = _loop.RestsSince;
            var waiting = _network.Waiting;
            var sending = _loop.Sending;
            if (rest is not null && sending == waiting && _loop.RestsSince == rest) return;
            spin.SpinOnce(sleep1Threshold: -1);
            if (spin.Count % 1000 == 0 && TimeProvider.System.GetElapsedTime(began) > s_patience) throw new TimeoutException($"{sending} tries in the air, {waiting} wait for the clock.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null) await KillAsync();
        _figures.Dispose();
        await _database.DisposeAsync();
    }

    private double Chance()
    {
        lock (_chance) return _chance.NextDouble();
    }
}
