using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Script;
using Rouse.Providers.Runpod;

namespace Rouse.Providers.Tests.Runpod;

/// <summary>What goes wrong on the way, over sockets: each call is made once, and its fault says what may have happened.</summary>
public sealed class RunpodFaultCallsTests
{
    public static TheoryData<FaultKind, int, string, ProviderFault> Answers => new()
    {
        { FaultKind.CutBeforeEffect, 0, "", ProviderFault.Unknown },
        { FaultKind.LostReply, 0, "", ProviderFault.Unknown },
        { FaultKind.ErrorAfterEffect, 500, "Something went wrong. Please try again later or contact support.", ProviderFault.Unknown },
        { FaultKind.RefusedBeforeEffect, 503, "503 Service Unavailable", ProviderFault.Unknown },
        { FaultKind.RefusedBeforeEffect, 429, "rate limit exceeded for the minute window", ProviderFault.RateLimited },
        { FaultKind.RefusedBeforeEffect, 400, "There are no longer any instances available with the requested specifications. Please refresh and try again.", ProviderFault.Capacity },
        { FaultKind.RefusedBeforeEffect, 402, "insufficient balance", ProviderFault.Balance },
        { FaultKind.RefusedBeforeEffect, 403, "access denied", ProviderFault.Unauthorized },
        { FaultKind.RefusedBeforeEffect, 422, "request validation failed", ProviderFault.Rejected },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task ACall_IsMadeOnce_AndItsFaultIsTold(FaultKind kind, int status, string detail, ProviderFault fault)
    {
        await using var bench = await RunpodBench.StartAsync();
        foreach (var prefix in new[] { "/v2/serverless", "/v2/pods" })
        {
            bench.Fake.Script.Add(new Fault(kind, "POST", prefix) { Status = status, Detail = detail, RetryAfter = TimeSpan.FromSeconds(0) });
        }

        var endpoint = await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync());
        var pod = await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreatePodAsync());
        Assert.Equal((fault, fault), (endpoint.Fault, pod.Fault));
        Assert.Equal(2, bench.Fake.Calls.Count(call => call.Method == "POST"));
        Assert.DoesNotContain(FakeRunpodServer.Key, endpoint + " " + pod, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_a_token", endpoint + " " + pod, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARevokedKey_IsUnauthorized()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.RevokeKey(FakeRunpodServer.Key);
        Assert.Equal(ProviderFault.Unauthorized, (await Assert.ThrowsAsync<ProviderException>(bench.ListAsync)).Fault);
    }

    [Fact]
    public async Task NoKey_OrOneThatCannotBe_IsUnauthorized_WithoutACall()
    {
        await using var bench = await RunpodBench.StartAsync();
        foreach (var key in new[] { null, new Secret("rpa_broken\r\nX-Evil: 1"), new Secret("with blank") })
        {
            var access = bench.Access with { Key = key };
            var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.Serverless.ListOwnedAsync(RunpodBench.Owner, access, CancellationToken.None));
            Assert.Equal(ProviderFault.Unauthorized, fault.Fault);
            Assert.DoesNotContain("Evil", fault.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(bench.Fake.Calls);
    }

    [Fact]
    public async Task ARateLimit_HoldsFurtherCallsBack_UntilItIsOver()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.Script.Add(new Fault(FaultKind.RefusedBeforeEffect) { Status = 429, RetryAfter = TimeSpan.FromSeconds(60) });
        var first = await Assert.ThrowsAsync<ProviderException>(bench.ListAsync);
        Assert.Equal((ProviderFault.RateLimited, TimeSpan.FromSeconds(60)), (first.Fault, first.RetryAfter));
        var second = await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync());
        Assert.Equal(ProviderFault.RateLimited, second.Fault);
        Assert.InRange(second.RetryAfter!.Value.TotalSeconds, 50, 60);
        Assert.Single(bench.Fake.Calls);
    }

    [Fact]
    public async Task AQuota_IsToldByItsNumber()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.SetQuota(2);
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync(new() { Max = 3 }));
        Assert.Equal(ProviderFault.Quota, fault.Fault);
        Assert.Contains("allows 2 workers", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutMoney_TheBalanceIsTheFault()
    {
        await using var bench = await RunpodBench.StartAsync();
        bench.Fake.SetBalance(0);
        Assert.Equal(ProviderFault.Balance, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreateAsync())).Fault);
        Assert.Equal(ProviderFault.Balance, (await Assert.ThrowsAsync<ProviderException>(async () => await bench.CreatePodAsync())).Fault);
    }

    [Fact]
    public async Task WhenNobodyListens_ItIsUnknown_AndOverOnceTheyDo()
    {
        await using var bench = await RunpodBench.StartAsync();
        await bench.Fake.DownAsync();
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(bench.ListAsync)).Fault);
        await bench.Fake.UpAsync();
        Assert.Empty(await bench.ListAsync());
    }

    [Theory]
    [InlineData("../pods/abc")]
    [InlineData("a?b")]
    [InlineData("")]
    public async Task AnIdThatLeadsElsewhere_IsNotAskedFor(string id)
    {
        await using var bench = await RunpodBench.StartAsync();
        var fault = await Assert.ThrowsAsync<ProviderException>(async () => await bench.Serverless.DeleteAsync(new BackendId(id), bench.Access, CancellationToken.None));
        Assert.Equal(ProviderFault.Rejected, fault.Fault);
        Assert.Empty(bench.Fake.Calls);
    }

    [Theory]
    [InlineData("{\"id\":\"ep1\",\"workers\":[1]}")]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task AnAnswerThatCannotBeRead_IsUnknown(string body)
    {
        var options = new RunpodOptions { Image = "example/rouse-worker:1" };
        using var client = new RunpodClient(options, TimeProvider.System, new Scripted(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.Created) { Content = new StringContent(body) })));
        var provider = new RunpodServerless(client, options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var access = new ProviderAccess(RunpodBench.Tenant, new Secret("rpa_key"));
        var fault = await Assert.ThrowsAsync<ProviderException>(
            async () => await provider.CreateAsync(RunpodBench.Request(RunpodBench.Pool()), access, CancellationToken.None));
        Assert.Equal(ProviderFault.Unknown, fault.Fault);
    }

    [Fact]
    public async Task AnAnswerWithoutEnd_IsCutOff()
    {
        var options = new RunpodOptions { MaxReplyBytes = 1000 };
        using var client = new RunpodClient(options, TimeProvider.System, new Scripted(_ => Task.FromResult(new HttpResponseMessage { Content = new StringContent("{}" + new string(' ', 1000)) })));
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(() => client.ListEndpointsAsync(new Secret("rpa_key"), CancellationToken.None))).Fault);
    }

    [Fact]
    public async Task AnAnswerThatDoesNotCome_IsUnknown_AfterItsTime()
    {
        var time = new TestKit.Time.ManualTime();
        var options = new RunpodOptions();
        var asked = new TaskCompletionSource();
        using var client = new RunpodClient(options, time, new Scripted(async ct =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
            return new HttpResponseMessage();
        }));
        var call = client.ListEndpointsAsync(new Secret("rpa_key"), CancellationToken.None);
        await asked.Task;
        time.Advance(options.RequestTimeout);
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(() => call)).Fault);
        Assert.True(options.RequestTimeout * 2 < options.CallTimeout);
    }

    [Fact]
    public async Task WhatRunpodRepeatsOfOurSecrets_IsNotShown()
    {
        const string Body = """{"title":"Bad Request","status":400,"detail":"key 5ecret-key, env HF_TOKEN=hf_a_token_of_the_hub is wrong"}""";
        var options = new RunpodOptions { Image = "example/rouse-worker:1" };
        using var client = new RunpodClient(options, TimeProvider.System, new Scripted(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent(Body) })));
        var access = new ProviderAccess(RunpodBench.Tenant, new Secret("5ecret-key"));
        IProvider[] providers = [new RunpodServerless(client, options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance), new RunpodPods(client, options, TimeProvider.System)];
        foreach (var provider in providers)
        {
            var fault = await Assert.ThrowsAsync<ProviderException>(async () => await provider.CreateAsync(RunpodBench.Request(RunpodBench.Pool()), access, CancellationToken.None));
            Assert.Contains("is wrong", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("5ecret", fault.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("hf_a_token", fault.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ARedirect_IsNotFollowed_SoTheKeyGoesNowhereElse()
    {
        var hits = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        server.MapFallback((HttpContext context) =>
        {
            hits.Enqueue(context.Request.Path);
            context.Response.Redirect("/elsewhere");
        });
        await server.StartAsync();
        using var client = new RunpodClient(new RunpodOptions { BaseAddress = new Uri(server.Urls.Single()) }, TimeProvider.System);
        Assert.Equal(ProviderFault.Unknown, (await Assert.ThrowsAsync<ProviderException>(() => client.ListEndpointsAsync(new Secret("rpa_key"), CancellationToken.None))).Fault);
        Assert.Equal(["/v2/serverless"], hits);
    }

    [Fact]
    public async Task TheKey_IsInTheHeader_NeverInTheAddress()
    {
        HttpRequestMessage? sent = null;
        using var client = new RunpodClient(new RunpodOptions(), TimeProvider.System, new Scripted((request, _) =>
        {
            sent = request;
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent("{}") });
        }));
        await client.ListGpusAsync("SERVERLESS", new Secret("rpa_key"), CancellationToken.None);
        Assert.Equal("Bearer rpa_key", sent!.Headers.Authorization!.ToString());
        Assert.Equal("https://api.runpod.io/v2/catalog/gpus?include=AVAILABILITY&product=SERVERLESS", sent.RequestUri!.ToString());
    }
}
