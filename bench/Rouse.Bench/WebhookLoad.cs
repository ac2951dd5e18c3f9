using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Rouse.Core;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Server.Egress;
using Rouse.Server.Metrics;
using Rouse.Server.Secrets;
using Rouse.Server.Webhooks;
using Rouse.Store;
using Rouse.Store.Secrets;
using Rouse.Store.Webhooks;

namespace Rouse.Bench;

/// <summary>
/// Events at a steady rate to healthy receivers, the first half alone, the second beside a receiver that takes connections and never answers. The
/// product's store, loop, signer and sender, over real sockets; from the commit of an event to its receipt.
/// </summary>
internal static class WebhookLoad
{
    private const int Healthy = 2;
    private static readonly TenantId s_tenant = TenantId.Parse("bench");

    public static async Task<int> RunAsync(string folder, int events, int perSecond)
    {
        ConcurrentDictionary<string, long> published = new(StringComparer.Ordinal);
        ConcurrentBag<(string Id, double Ms)>[] taken = [[], []];
        var phase = 0;
        await using var receiver = await ReceiveAsync(id => taken[Volatile.Read(ref phase)].Add((id, TimeProvider.System.GetElapsedTime(published[id]).TotalMilliseconds)));
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        _ = HoldAsync(silent);

        await using var database = await Database.OpenAsync("sqlite:" + Path.Combine(folder, "rouse.db"));
        var store = new WebhookStore(database, TimeProvider.System);
        var queue = new DeliveryQueue(database, TimeProvider.System, "bench");
        var signer = new WebhookSigner(store, new SecretStore(database, TimeProvider.System), new SecretCipher(new EphemeralDataProtectionProvider()), RandomNumberGenerator.Fill, TimeProvider.System);
        using var http = WebhookSender.CreateHttp(EgressPolicy.Parse(allowed: null, allowLoopback: true));
        var sender = new WebhookSender(signer, http, TimeProvider.System, NullLogger<WebhookSender>.Instance);
        using var figures = new ServerFigures();
        using var loop = new WebhookDeliveryLoop(queue, sender, figures, static () => 0.5, TimeProvider.System, NullLogger<WebhookDeliveryLoop>.Instance);
        for (var i = 0; i < Healthy; i++) await AddAsync(store, signer, $"{receiver.Urls.Single()}/{i}");
        await loop.StartAsync(default);

        Console.WriteLine("| | events | to healthy receivers | per second | event to receipt p50 ms | p99 ms | max ms | waiting for the dead one |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|");
        WebhookId? dead = null;
        for (var half = 0; half < 2; half++)
        {
            Volatile.Write(ref phase, half);
            if (half == 1) dead = await AddAsync(store, signer, $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/");
            var began = TimeProvider.System.GetTimestamp();
            for (var n = 0; n < events / 2; n++)
            {
                var ahead = TimeSpan.FromSeconds((double)n / perSecond) - TimeProvider.System.GetElapsedTime(began);
                if (ahead > TimeSpan.FromMilliseconds(1)) await Task.Delay(ahead, TimeProvider.System);
                _ = PublishAsync($"evt_{half}_{n}");
            }

            var patience = TimeProvider.System.GetTimestamp();
            while (taken[half].Count < events / 2 * Healthy && TimeProvider.System.GetElapsedTime(patience) < TimeSpan.FromMinutes(2)) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            var sorted = taken[half].Select(one => one.Ms).Order().ToArray();
            var waiting = dead is { } id ? (await store.GetAsync(s_tenant, id, default))!.Waiting : 0;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {(half == 0 ? "all receivers well" : "beside a dead one")} | {events / 2:N0} | {sorted.Length:N0} | {sorted.Length / seconds:N0} | {sorted[sorted.Length / 2]:0.0} | {sorted[(int)(sorted.Length * 0.99)]:0.0} | {sorted[^1]:0.0} | {waiting:N0} |"));
        }

        await loop.StopAsync(default);
        return 0;

        async Task PublishAsync(string id)
        {
            published[id] = TimeProvider.System.GetTimestamp();
            await queue.PublishAsync([new WebhookEvent(id, s_tenant, EventTypes.Ready, () => Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","type":"deployment.ready","padding":"{{new string('x', 600)}}"}"""))], default);
            loop.Nudge();
        }
    }

    private static async Task<WebhookId> AddAsync(WebhookStore store, WebhookSigner signer, string url)
    {
        var webhook = new NewWebhook(WebhookId.From(RandomNumberGenerator.GetBytes(Ids.RandomBytes)), url, EventFilter.Default, null, IsEnabled: true);
        return (await store.CreateAsync(s_tenant, webhook, signer.Fresh(s_tenant).Seal, WebhookSigner.Overlap, default)).Endpoint!.Id;
    }

    private static async Task<WebApplication> ReceiveAsync(Action<string> take)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            take(context.Request.Headers["webhook-id"].ToString());
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>Takes every connection and says nothing on it.</summary>
    private static async Task HoldAsync(TcpListener listener)
    {
        List<TcpClient> held = [];
        try
        {
            while (true) held.Add(await listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            held.ForEach(client => client.Dispose());
        }
    }
}
