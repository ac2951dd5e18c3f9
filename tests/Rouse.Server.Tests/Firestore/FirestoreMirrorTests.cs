using Rouse.Contracts.Deployments;
using Rouse.Core.Tenancy;
using Rouse.Server.Firestore;
using Rouse.Server.Google;
using Rouse.Server.Tests.Host;
using Rouse.Server.Tests.Runpod;
using Rouse.TestKit.Firestore;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Firestore;

/// <summary>A whole server whose deployments are copied into Firestore over a socket.</summary>
public sealed class FirestoreMirrorTests : IAsyncLifetime
{
    private FakeFirestore _firestore = null!;
    private RunpodBench _bench = null!;

    public async Task InitializeAsync()
    {
        _firestore = await FakeFirestore.StartAsync();
        _bench = await RunpodBench.StartAsync(Mirrored);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _firestore.DisposeAsync();
    }

    [Fact]
    public async Task Deployments_AndTheirLogs_AreFoundThere_WithTheSeedsFields()
    {
        var id = await _bench.DeployAsync(""","user_webhook_url":"https://hooks.example/a?token=canary-in-the-query" """);
        var ready = await _bench.UntilAsync(id, "ready");
        await Eventually.TrueAsync(() => Field(id, "status") == "ready" && Field(id, "runpod_endpoint_id") == ready.RunpodEndpointId);
        Assert.Equal((RunpodBench.Model, "runpod", ready.EndpointUrl), (Field(id, "hf_model_id"), Field(id, "provider"), Field(id, "endpoint_url")));
        Assert.Equal("https://hooks.example/a", Field(id, "user_webhook_url"));
        await SaySomethingAsync(ready);
        await Eventually.TrueAsync(() => HasLog(id));

        await _bench.DeleteAsync(id);
        await Eventually.TrueAsync(() => Field(id, "status") == "deleted");
        Assert.DoesNotContain(_firestore.Documents, document => document.Value.ToString().Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhileFirestoreIsDown_DeploymentsGoOn_AndItCatchesUpAcrossARestart()
    {
        _firestore.Fault = _ => 503;
        var id = await _bench.DeployAsync();
        await SaySomethingAsync(await _bench.UntilAsync(id, "ready"));
        Assert.Empty(_firestore.Documents);
        _firestore.Fault = null;
        await _bench.Server.RestartAsync(options => Mirrored(_bench.Options(options)));
        await Eventually.TrueAsync(() => Field(id, "status") == "ready" && HasLog(id));
    }

    [Fact]
    public async Task WhatFirestoreRefuses_IsLeftOut_AndHoldsUpNothingElse()
    {
        var refused = await _bench.DeployAsync(""","name":"refused","reuse":false""");
        _firestore.Fault = body => body.ToString().Contains(refused, StringComparison.Ordinal) ? 400 : null;
        var other = await _bench.DeployAsync(""","name":"other","reuse":false""");
        await _bench.UntilAsync(other, "ready");
        await Eventually.TrueAsync(() => Field(other, "status") == "ready");
    }

    [Fact]
    public async Task Client_WhenItsTokenIsRefused_AsksForANewOneOnce()
    {
        _firestore.Credential = "Bearer second";
        List<bool> asked = [];
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var options = new FirestoreHostOptions { Project = "p", Endpoint = _firestore.Endpoint };
        var client = new FirestoreClient(options, http, Token, TimeProvider.System);
        var write = new DocumentWrite(new FirestoreDocument(options.Root + "/deployments/one", new Dictionary<string, FirestoreValue> { ["a"] = FirestoreValue.Null }));
        Assert.Equal(CommitKind.Done, (await client.CommitAsync([write], CancellationToken.None)).Kind);
        Assert.Equal([false, true], asked);
        _firestore.Credential = "Bearer third";
        Assert.Equal(CommitKind.Unauthorized, (await client.CommitAsync([write], CancellationToken.None)).Kind);

        ValueTask<Secret> Token(bool isNew, CancellationToken ct)
        {
            asked.Add(isNew);
            return ValueTask.FromResult(new Secret(isNew ? "second" : "first"));
        }
    }

    [Fact]
    public async Task Token_ComesFromTheMetadataServer_AndIsKeptUntilShortlyBeforeItExpires()
    {
        await using var metadata = await FakeMetadata.StartAsync();
        var time = new ManualTime();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var token = new MetadataServer(http, metadata.Endpoint, time);
        Assert.Equal(["token-1", "token-1", "token-2"], [await Next(), await Next(), await Next(isNew: true)]);
        time.Advance(TimeSpan.FromSeconds(FakeMetadata.Life - 61));
        Assert.Equal("token-2", await Next());
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("token-3", await Next());

        async Task<string> Next(bool isNew = false) => (await token.TokenAsync(isNew, CancellationToken.None)).Reveal(SecretPurpose.ProviderCall);
    }

    private RouseHostOptions Mirrored(RouseHostOptions options) => options with
    {
        Firestore = new FirestoreHostOptions { Project = "a-project", Endpoint = _firestore.Endpoint, IsEmulator = true, Logs = "logs" },
    };

    /// <summary>Has the deployment's log speak of a change at the console.</summary>
    private async Task SaySomethingAsync(DeploymentView ready)
    {
        _bench.Runpod.EditEndpoint(ready.RunpodEndpointId!, settings => settings["workers"]!["max"] = 3);
        await _bench.UntilAsync(ready.DeploymentId, view => view.Logs.Any(line => line.Message.Contains("Restored", StringComparison.Ordinal)));
    }

    private bool HasLog(string deployment) => _firestore.Documents.Any(document =>
        document.Key.StartsWith($"logs/{deployment}_", StringComparison.Ordinal) && document.Value.GetProperty("message").ToString().Contains("Restored", StringComparison.Ordinal));

    private string? Field(string deployment, string name) => _firestore.Field($"deployments/{deployment}", name);
}
