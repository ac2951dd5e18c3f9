using System.Text.Json;
using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.Workers;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Secrets;
using Rouse.TestKit.Time;
using static Rouse.Server.Tests.Secrets.CanaryWorld;

namespace Rouse.Server.Tests.Secrets;

/// <summary>A secret of each kind goes wherever its kind goes, through all that succeeds and all that fails, and is then found nowhere.</summary>
public sealed class CanaryTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public Task Secrets_WhateverHappens_AreNowhere() => RunAsync(onPostgres: false);

    [PostgresFact]
    public Task Secrets_WhateverHappensOnPostgres_AreNowhere() => RunAsync(onPostgres: true);

    private async Task RunAsync(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await MakeWebhooksAndKeysAsync(world);
        await DeployAndUseAsync(world);
        await world.RestartAsync();
        await FailAtTheHubAsync(world);
        await FailAtRunpodAsync(world);
        await FailInTheWorkerAsync(world);
        await UseStoresAsync(world);
        await DeployServicesAsync(world);
        await SendNonsenseAsync(world);
        await AskAboutEverythingAsync(world);
        var escapes = await world.EndAsync();
        output.WriteLine($"{world.Cage.Kinds.Count()} kinds of secrets; {world.Cage.BytesSeen:N0} bytes looked at: {world.Witness.Lines:N0} log entries, {world.Answers} answers, {world.Sink.Received} webhooks");
        Assert.True(escapes.Count == 0, string.Join("\n\n", escapes));
        Assert.True(world.Witness.Lines > 500 && world.Sink.Received > 3 && world.Parrot.Said(world.Cage[CallersRunpodKey]) > 0, "The test has not seen what it is about.");
    }

    /// <summary>What the server makes and shows once: a canary from then on, and nowhere but in that one answer, which is not heard here.</summary>
    private static async Task MakeWebhooksAndKeysAsync(CanaryWorld world)
    {
        var (status, hook) = await world.SendUnheardAsync(HttpMethod.Post, "/v1/webhooks", $$"""{"url":"{{world.Sink.Url}}/endpoint","events":["*"]}""");
        Assert.True(status == 201, hook.ToString());
        world.Cage.Add(Canary.Of("webhook secret", hook.GetProperty("secret").GetString()!["whsec_".Length..], isBase64: true));
        var id = hook.GetProperty("webhook").GetProperty("id").GetString();
        var (rotated, renewed) = await world.SendUnheardAsync(HttpMethod.Post, $"/v1/webhooks/{id}/rotate");
        Assert.True(rotated == 200, renewed.ToString());
        world.Cage.Add(Canary.Of("webhook secret after its rotation", renewed.GetProperty("secret").GetString()!["whsec_".Length..], isBase64: true));
        await world.SendRawAsync(HttpMethod.Post, $"/v1/webhooks/{id}/test");
        foreach (var path in new[] { "/v1/webhooks", $"/v1/webhooks/{id}", $"/v1/webhooks/{id}/deliveries" }) Assert.Equal(200, await world.SendRawAsync(HttpMethod.Get, path));

        var (made, key) = await world.SendUnheardAsync(HttpMethod.Post, "/v1/keys", """{"name":"ci","scopes":["run"],"tenant":"alice"}""", $"Bearer {world.Cage[AdminKey]}");
        Assert.True(made == 201, key.ToString());
        var secret = world.Cage.Add(Canary.Of("a key that the server made", key.GetProperty("key").GetString()!));
        Assert.Equal(200, await world.SendRawAsync(HttpMethod.Get, "/v1/deployments", authorization: $"Bearer {secret}"));
        Assert.Equal(200, await world.SendRawAsync(HttpMethod.Get, "/v1/keys", authorization: $"Bearer {world.Cage[AdminKey]}"));
        Assert.InRange(await world.SendRawAsync(HttpMethod.Delete, $"/v1/keys/{key.GetProperty("id").GetString()}?tenant=alice", authorization: $"Bearer {world.Cage[AdminKey]}"), 200, 204);
        Assert.Equal(401, await world.SendRawAsync(HttpMethod.Get, "/v1/deployments", authorization: $"Bearer {secret}"));
        // A Runpod key that comes as a credential, good, revoked, and when Runpod cannot be asked.
        foreach (var answer in new[] { 500, 401, 0 })
        {
            world.Parrot.Refuse(world.Cage[CallersRunpodKey], answer);
            await world.SendRawAsync(HttpMethod.Get, "/v1/deployments", authorization: $"Bearer {world.Cage[CallersRunpodKey]}");
        }

        await world.SendRawAsync(HttpMethod.Get, "/v1/deployments", authorization: $"Bearer {world.Cage[CallersRunpodKey]}");
        await world.SendRawAsync(HttpMethod.Post, "/v1/keys/runpod", $$"""{"api_key":"{{world.Cage[UserRunpodKey]}}","name":"mine"}""");
    }

    /// <summary>What goes well: each secret is used for what it is for.</summary>
    private static async Task DeployAndUseAsync(CanaryWorld world)
    {
        foreach (var _ in Enumerable.Range(0, 2)) world.Sink.Answers.Enqueue(500);
        var own = await DeployAsync(world, $$"""{"hf_model_id":"{{Gated}}","hf_token":"{{world.Cage[HubToken]}}","user_webhook_url":"{{world.Sink.Url}}"}""");
        var users = await DeployAsync(world, $$"""{"hf_model_id":"{{Model}}","user_runpod_key":"{{world.Cage[UserRunpodKey]}}","user_webhook_url":"{{world.Sink.Url}}"}""");
        foreach (var id in new[] { own, users })
        {
            await world.Server.ReadStreamAsync($"/v1/deployments/{id}/stream");
            await world.UntilAsync(id, view => view.Status is "ready");
            LookAtEndpoints(world);
            var job = $$$"""{"input":{"prompt":"hills"},"webhook":"{{{world.Sink.Url}}}","s3Config":{"accessId":"{{{world.Cage[JobAccessId]}}}","accessSecret":"{{{world.Cage[JobSecretKey]}}}","bucketName":"b","endpointUrl":"https://s3.example"}}""";
            var sync = await world.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/runsync", job);
            Assert.Equal("COMPLETED", sync.Body.GetProperty("status").GetString());
            var queued = (await world.Server.SendAsync(HttpMethod.Post, $"/v2/{id}/run", job, ("Idempotency-Key", "once"))).Body.GetProperty("id").GetString();
            await world.LookAtStoreAsync("while jobs wait");
            await Eventually.TrueAsync(async () => (await world.Server.SendAsync(HttpMethod.Get, $"/v2/{id}/status/{queued}")).Body.GetProperty("status").GetString() == "COMPLETED");
            await world.SendRawAsync(HttpMethod.Post, $"/v2/{id}/retry/{queued}");
            await world.SendRawAsync(HttpMethod.Get, $"/v2/{id}/stream/{queued}");
        }

        await Eventually.TrueAsync(() => world.Sink.Received >= 4);
        Assert.Equal(204, (await world.Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{users}")).Status);
        await world.UntilAsync(users, view => view.Status == "deleted");
        Assert.Equal(204, (await world.Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{own}")).Status);
    }

    private static async Task FailAtTheHubAsync(CanaryWorld world)
    {
        // Refused whatever it is asked, then broken, then talking nonsense: a page that quotes the token.
        await EndsAsync(world, $$"""{"hf_model_id":"{{Gated}}","hf_token":"{{world.Cage[WrongHubToken]}}"}""");
        foreach (var status in new[] { 401, 403, 500, 500, 500, 500 }) world.Hub.Script.ListStatuses.Enqueue(status);
        await EndsAsync(world, $$"""{"hf_model_id":"{{Gated}}","hf_token":"{{world.Cage[HubToken]}}","workers":{"start_timeout_seconds":3} }""");
        world.Hub.Script.ListStatuses.Clear();
        foreach (var _ in Enumerable.Range(0, 3)) world.Hub.Script.ListBodies.Enqueue($"<html>You sent Bearer {world.Cage[HubToken]}</html>");
        await EndsAsync(world, $$"""{"hf_model_id":"{{Gated}}","hf_token":"{{world.Cage[HubToken]}}","workers":{"start_timeout_seconds":3} }""");
        world.Hub.Script.ListBodies.Clear();
        foreach (var token in new[] { world.Cage[HubToken], world.Cage[WrongHubToken] })
        {
            await world.SendRawAsync(HttpMethod.Post, "/v1/providers/validate", $$"""{"provider":"huggingface","api_key":"{{token}}"}""");
        }
    }

    private static async Task FailAtRunpodAsync(CanaryWorld world)
    {
        // Each with an account of its own: lists, creates and wakes are refused, whichever comes by.
        Dictionary<string, string> ids = new(StringComparer.Ordinal);
        foreach (var status in new[] { 500, 429, 200, 0, 502, 402, 400, 422, 403, 401 })
        {
            var key = world.Cage.Add(Canary.New($"{UserRunpodKey} that is answered {status}", "rpa_"));
            world.Runpod.AddAccount($"account {status}", 50, key);
            world.Parrot.Refuse(key, Enumerable.Repeat(status, 6));
            ids[key] = await DeployAsync(world, $$"""{"hf_model_id":"{{Model}}","user_runpod_key":"{{key}}","hf_token":"{{world.Cage[HubToken]}}","reuse":false}""");
        }

        await Eventually.TrueAsync(() => ids.Keys.All(key => world.Parrot.Said(key) > 0));
        LookAtEndpoints(world);
        foreach (var id in ids.Values) await world.Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}");

        foreach (var status in new[] { 401, 429, 500, 200, 0 })
        {
            world.Parrot.Refuse(world.Cage[CallersRunpodKey], status);
            await world.SendRawAsync(HttpMethod.Post, "/v1/providers/validate", $$"""{"provider":"runpod","api_key":"{{world.Cage[CallersRunpodKey]}}"}""");
        }

        await world.SendRawAsync(HttpMethod.Post, "/v1/providers/validate", $$"""{"provider":"runpod","api_key":"{{world.Cage[CallersRunpodKey]}}"}""");
    }

    /// <summary>Stores that answer nonsense, with keys of tenants and of the operator.</summary>
    private static async Task UseStoresAsync(CanaryWorld world)
    {
        var store = $$"""
            "user_s3_url":"s3://mine/models","user_aws_endpoint_url":"{{world.ObjectStore.Origin}}",
            "user_aws_access_key_id":"{{world.Cage[UserAccessId]}}","user_aws_secret_access_key":"{{world.Cage[UserSecretKey]}}"
            """;
        foreach (var answer in new[] { 403, 404, 200, 500 }) world.ObjectStore.Answers.Enqueue(answer);
        await EndsAsync(world, $$"""{"hf_model_id":"{{Model}}","cache_scope":"private",{{store}},"reuse":false}""");
        await EndsAsync(world, $$"""{"hf_model_id":"{{Model}}","cache_scope":"shared","reuse":false}""");
        // Where they do not belong they are refused, and not told again.
        Assert.Equal(400, await world.SendRawAsync(HttpMethod.Post, "/v1/deployments", $$"""{"hf_model_id":"{{Model}}",{{store}}}"""));
    }

    private static async Task FailInTheWorkerAsync(CanaryWorld world)
    {
        // A hub's library that tells its token, in the one message that a worker may send.
        world.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.ReportsFailure, FailureCode = "model_gated", FailureMessage = $"401 for Bearer {world.Cage[HubToken]}" };
        await EndsAsync(world, $$"""{"hf_model_id":"{{Gated}}","hf_token":"{{world.Cage[HubToken]}}","reuse":false}""");
        world.Workers.Plan = _ => new SimulatedPlan { End = SimulatedEnd.Crashes };
        await EndsAsync(world, $$"""{"hf_model_id":"{{Gated}}","hf_token":"{{world.Cage[HubToken]}}","reuse":false,"workers":{"start_timeout_seconds":3} }""");
        world.Workers.Plan = _ => new SimulatedPlan();
    }

    /// <summary>Variables of containers: on their way to Runpod, refused there, and in requests that are refused here.</summary>
    private static async Task DeployServicesAsync(CanaryWorld world)
    {
        var image = $$"""{"service":{"image":"acme/tts:1","env":{"TOKEN":"{{world.Cage[ServiceVariable]}}"} },"user_runpod_key":"{{world.Cage[UserRunpodKey]}}" """;
        foreach (var status in new[] { 0, 400, 500 })
        {
            if (status != 0) world.Runpod.Script.Add(new Fault(FaultKind.RefusedBeforeEffect, "POST", "/v2/pods") { Status = status, Detail = $"env TOKEN={world.Cage[ServiceVariable]} is not good" });
            var id = await world.Server.DeployAsync(image + "}");
            await world.UntilAsync(id, view => view.BackendId is not null || view.Status == "failed");
            await world.SendRawAsync(HttpMethod.Get, $"/v1/deployments/{id}");
            await world.LookAtStoreAsync("while a service has a pod");
            Assert.InRange((await world.Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}")).Status, 200, 409);
        }

        foreach (var more in new[] { ",\"service\":1}", ",\"hf_model_id\":\"a/b\"}", ",\"provider\":\"local\"}", "" }) Assert.Equal(400, await world.SendRawAsync(HttpMethod.Post, "/v1/deployments", image + more));
        var variable = world.Cage[ServiceVariable];
        foreach (var env in new[] { $$"""{"1{{variable}}":"x"}""", $$"""{"A":["{{variable}}"]}""", $"\"{variable}\"", $$"""{"A":"{{variable}}\u0000"}""" })
        {
            Assert.Equal(400, await world.SendRawAsync(HttpMethod.Post, "/v1/deployments", $$$"""{"service":{"image":"acme/tts:1","env":{{{env}}}}}"""));
        }
    }

    /// <summary>Secrets where none belongs: in broken bodies, under wrong names, of wrong types, too long, in paths and headers.</summary>
    private static async Task SendNonsenseAsync(CanaryWorld world)
    {
        string[] secrets = [world.Cage[HubToken], world.Cage[UserRunpodKey], world.Cage[OtherApiKey], world.Cage[JobSecretKey]];
        string[] fields = ["hf_model_id", "model_path", "name", "provider", "user_runpod_key", "gpu_tier", "region", "drift", "task", "cache_scope", "hf_token", "workers", "user_webhook_url", "user_s3_url", "user_aws_access_key_id", "user_aws_secret_access_key", "user_aws_endpoint_url", "user_aws_region"];
        foreach (var secret in secrets)
        {
            foreach (var field in fields)
            {
                var whole = new JsonObject { ["hf_model_id"] = "no model" };
                foreach (var value in (JsonNode[])[secret + " " + secret, new JsonArray(secret), new JsonObject { [secret] = secret }, new string('x', 600) + secret])
                {
                    whole[field] = value;
                    await RefusedAsync("/v1/deployments", whole.ToJsonString());
                }
            }

            string[] broken =
            [
                $$"""{"{{secret}}":1}""", $$"""{"hf_token":"{{secret}}" """, $$"""{"hf_token":"{{secret}}"} }""", $$"""{"hf_token":{{secret}}}""", $"{secret}", $"\"{secret}\"",
                $$$"""{"workers":{"{{{secret}}}":1}}""", $$"""{"hf_token":"{{secret}}","hf_token":1}""", $$"""{"hf_token":"{{secret}}\ud800"}""",
            ];
            foreach (var body in broken)
            {
                await RefusedAsync("/v1/deployments", body);
                await RefusedAsync("/v1/providers/validate", body);
                await RefusedAsync($"/v2/dep_00000000000000000000000000/run", body);
            }

            await RefusedAsync("/v1/deployments", $"hf_token={secret}", "application/x-www-form-urlencoded");
            await world.SendRawAsync(HttpMethod.Get, "/v1/deployments", authorization: $"Basic {secret}");
            await world.SendRawAsync(HttpMethod.Get, "/v1/deployments", authorization: $"Bearer not-{secret}");
            await world.SendRawAsync(HttpMethod.Post, "/internal/v1/deployments/dep_00000000000000000000000000/attempts/1/reports", "{}", $"Bearer {secret}");
            await world.SendRawAsync(HttpMethod.Get, "/v2/dep_00000000000000000000000000/job-take/w", authorization: secret);
        }

        using var gone = new CancellationTokenSource();
        var leaving = world.Server.Http.PostAsync(
            new Uri("/v1/providers/validate", UriKind.Relative), new StringContent($$"""{"provider":"runpod","api_key":"{{world.Cage[CallersRunpodKey]}}"}""", null, "application/json"), gone.Token);
        await gone.CancelAsync();
        // Answered already, if it was quicker.
        await Record.ExceptionAsync(() => leaving);

        async Task RefusedAsync(string path, string body, string type = "application/json") =>
            Assert.InRange(await world.SendRawAsync(HttpMethod.Post, path, body, type: type), 400, 499);
    }

    private static async Task AskAboutEverythingAsync(CanaryWorld world)
    {
        foreach (var path in new[] { "/", "/health", "/readiness", "/metrics", "/v1/doctor", "/v1/gpus", "/v1/deployments", "/openapi.json", "/v1/models?search=tiny", "/v1/nothing" })
        {
            await world.SendRawAsync(HttpMethod.Get, path);
        }

        var all = (await world.Server.SendAsync(HttpMethod.Get, "/v1/deployments?limit=100")).Body.GetProperty("deployments").EnumerateArray();
        foreach (var id in all.Select(one => one.GetProperty("deployment_id").GetString()).ToList())
        {
            foreach (var path in new[] { $"/v1/deployments/{id}", $"/v1/deployments/{id}/cost", $"/v2/{id}/health" }) await world.SendRawAsync(HttpMethod.Get, path);
        }

        await world.SendRawAsync(HttpMethod.Post, "/v1/cleanup", "{}");
        var admin = $"Bearer {world.Cage[AdminKey]}";
        foreach (var path in new[] { "/metrics", "/v1/doctor" }) Assert.Equal(200, await world.SendRawAsync(HttpMethod.Get, path, authorization: admin));
        await world.SendRawAsync(HttpMethod.Post, "/v1/cleanup", "{}", admin);
        Assert.Equal(200, await world.SendRawAsync(HttpMethod.Post, "/v1/secrets/rotate", authorization: admin));
    }

    private static async Task<string> DeployAsync(CanaryWorld world, string json)
    {
        var body = JsonNode.Parse(json)!.AsObject();
        var workers = body["workers"]?.AsObject() ?? [];
        workers["scaler_value"] = 0.5;
        if (body["workers"] is null) body["workers"] = workers;
        return await world.Server.DeployAsync(body.ToJsonString());
    }

    /// <summary>Deploys, waits until it has ended or is ready, and removes it.</summary>
    private static async Task EndsAsync(CanaryWorld world, string json)
    {
        var id = await DeployAsync(world, json);
        await world.UntilAsync(id, view => view.Status is "failed" or "ready");
        LookAtEndpoints(world);
        Assert.InRange((await world.Server.SendAsync(HttpMethod.Delete, $"/v1/deployments/{id}")).Status, 200, 409);
    }

    /// <summary>A worker has its own hub token and its own attempt's secret, and nothing of the server or of others. Those secrets are canaries too from now on.</summary>
    private static void LookAtEndpoints(CanaryWorld world)
    {
        foreach (var endpoint in new[] { "first", "second", "third" }.SelectMany(world.Runpod.Endpoints))
        {
            var own = $"{AttemptToken} of {endpoint.Name}";
            if ((string?)endpoint.Settings["env"]?["ROUSE_ATTEMPT_TOKEN"] is { } token) world.Cage.Add(Canary.Of(own, token));
            world.Cage.Look("an endpoint at Runpod", endpoint.Settings.ToJsonString(), HubToken, own);
        }
    }
}
