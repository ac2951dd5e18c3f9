using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Rouse.Contracts.Webhooks;

namespace Rouse.Server.Tests.Callbacks;

/// <summary>What is forged, replayed, stale or somebody else's is not taken, and changes nothing.</summary>
public sealed class ForgedCallbackTests : IAsyncLifetime
{
    private const int Calls = 10_000;
    private const int AtOnce = 16;

    private static readonly string[] s_phases = ["downloading_model", "loading_model", "warming", "ready", "failed"];

    private TwoTenants _two = null!;

    public async Task InitializeAsync() => _two = await TwoTenants.StartAsync();

    public async Task DisposeAsync() => await _two.DisposeAsync();

    [Fact]
    public async Task TenThousandForgeries_OfEveryKind_AreAllRefused_AndChangeNothing()
    {
        var before = await _two.StoredAsync();
        var accepted = new ConcurrentBag<string>();
        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, ct) =>
        {
            var (kind, forged) = Forge(number);
            using var request = forged;
            using var response = await _two.Http.SendAsync(request, ct);
            if ((int)response.StatusCode is not (400 or 401)) accepted.Add($"{kind}: {(int)response.StatusCode}");
        });

        Assert.True(accepted.IsEmpty, string.Join(", ", accepted.Take(10)));
        Assert.Equal(before, await _two.StoredAsync());
    }

    [Fact]
    public async Task Replays_OfWhatWasTaken_ChangeNothing()
    {
        var call = SignedCall.Of(_two.AliceStarting, Body(1, "loading_model"));
        Assert.Equal(204, await call.SendAsync(_two.Http));
        var before = await _two.StoredAsync();

        for (var i = 0; i < 100; i++) Assert.Equal(204, await call.SendAsync(_two.Http));

        Assert.Equal(before, await _two.StoredAsync());
    }

    [Fact]
    public async Task S2_AWorker_CannotMakeReady_Fail_EndOrLogIntoAnotherTenantsDeployment()
    {
        var before = await _two.StoredAsync();
        foreach (var victim in new[] { _two.AliceReady, _two.AliceStarting })
        {
            foreach (var phase in s_phases)
            {
                var call = SignedCall.Of(victim, Body(1, phase)) with { Secret = SignedCall.SecretOf(_two.Mallory) };
                Assert.Equal(401, await call.SendAsync(_two.Http));
            }

            using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/v1/deployments/{victim["ROUSE_DEPLOYMENT_ID"]}");
            delete.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string?)_two.Mallory["ROUSE_CALLBACK_SECRET"]);
            Assert.Equal(401, (int)(await _two.Http.SendAsync(delete)).StatusCode);
        }

        Assert.Equal(before, await _two.StoredAsync());
    }

    [Fact]
    public void S2_EachAttempt_HasASecretOfItsOwn_AndTheOneThatTravels_IsNoneOfThem()
    {
        string?[] secrets = [.. new[] { _two.Mallory, _two.AliceReady, _two.AliceStarting }.Select(environment => (string?)environment["ROUSE_CALLBACK_SECRET"])];
        Assert.Equal(3, secrets.OfType<string>().Distinct().Count());
        // Runpod's own queue is theirs: such a worker needs no key to ours, and gets none.
        Assert.All([_two.Mallory, _two.AliceReady], environment => Assert.False(environment.ContainsKey("ROUSE_ATTEMPT_TOKEN")));
    }

    [Fact]
    public async Task S16_WhereWorkersReport_IsNeverTakenFromTheCallersHeaders()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/deployments")
        {
            Content = new StringContent("""{"hf_model_id":"org/tiny","reuse":false}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "key-of-alice-0123456789");
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("Forwarded", "host=evil.example;proto=https");
        using var response = await _two.Http.SendAsync(request);
        var id = (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["deployment_id"]!;

        JsonObject? made = null;
        await TestKit.Time.Eventually.TrueAsync(() => (made = _two.Bench.Runpod.Endpoints().Select(endpoint => (JsonObject)endpoint.Settings["env"]!)
            .FirstOrDefault(environment => (string?)environment["ROUSE_DEPLOYMENT_ID"] == id)) is not null);
        Assert.Equal(_two.Bench.Server.Host.BaseAddress.GetLeftPart(UriPartial.Authority), (string?)made!["ROUSE_CONTROL_URL"]);
        Assert.DoesNotContain("evil.example", made.ToJsonString(), StringComparison.Ordinal);
    }

    /// <summary>One of 16 ways to be wrong, aimed at either deployment of the victim.</summary>
    private (string Kind, HttpRequestMessage Request) Forge(int number)
    {
        var random = new Random(number);
        var victim = random.Next(2) == 0 ? _two.AliceReady : _two.AliceStarting;
        var good = SignedCall.Of(victim, Body(random.Next(1, 100), s_phases[random.Next(s_phases.Length)]));
        var off = random.Next(301, 100_000) * (random.Next(2) == 0 ? 1 : -1);
        var key = new byte[random.Next(24, 64)];
        random.NextBytes(key);
        return (number % 16) switch
        {
            0 => ("unsigned", good.Unsigned()),
            1 => ("bearer", With(good.Unsigned(), "Authorization", "Bearer " + victim["ROUSE_CALLBACK_SECRET"])),
            2 => ("random key", (good with { Secret = new WebhookSecret(key) }).ToRequest()),
            3 => ("other tenant's secret", (good with { Secret = SignedCall.SecretOf(_two.Mallory) }).ToRequest()),
            4 => ("other attempt", (good with { Attempt = "2" }).ToRequest()),
            5 => ("empty key", (good with { Secret = new WebhookSecret(new byte[24]) }).ToRequest()),
            6 => ("stale", (good with { At = good.At + off }).ToRequest()),
            7 => ("other deployment's message", (SignedCall.Of(_two.Mallory, good.Body) with { Deployment = good.Deployment }).ToRequest()),
            8 => ("changed body", Changed(good, call => call with { Body = Body(100, "ready") })),
            9 => ("changed id", Changed(good, call => call with { Id = call.Id + "x" })),
            10 => ("changed time", Changed(good, call => call with { At = call.At + 1 })),
            11 => ("other attempt's path", Changed(good, call => call with { Attempt = random.Next(2, 1000).ToString(CultureInfo.InvariantCulture) })),
            12 => ("other scheme", Resigned(good, sign => "v1a" + sign[2..])),
            13 => ("no scheme", Resigned(good, sign => sign[3..])),
            14 => ("cut signature", Resigned(good, sign => sign[..random.Next(3, sign.Length - 2)])),
            _ => ("id with a dot", (good with { Id = "msg." + good.Id }).ToRequest()),
        };
    }

    /// <summary>Signed as it is, sent as something else.</summary>
    private static HttpRequestMessage Changed(SignedCall call, Func<SignedCall, SignedCall> change)
    {
        using var signed = call.ToRequest();
        var request = change(call).ToRequest();
        request.Headers.Remove(WebhookSignature.SignatureHeader);
        request.Headers.Add(WebhookSignature.SignatureHeader, signed.Headers.GetValues(WebhookSignature.SignatureHeader));
        return request;
    }

    private static HttpRequestMessage Resigned(SignedCall call, Func<string, string> change)
    {
        var request = call.ToRequest();
        var sign = request.Headers.GetValues(WebhookSignature.SignatureHeader).Single();
        request.Headers.Remove(WebhookSignature.SignatureHeader);
        request.Headers.TryAddWithoutValidation(WebhookSignature.SignatureHeader, change(sign));
        return request;
    }

    private static HttpRequestMessage With(HttpRequestMessage request, string name, string value)
    {
        request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    private static byte[] Body(int sequence, string phase) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"worker_id":"forged","sequence":{{sequence}},"phase":"{{phase}}","failure_code":"engine_failed","failure_message":"forged","logs":[{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","message":"forged"}]}"""));
}
