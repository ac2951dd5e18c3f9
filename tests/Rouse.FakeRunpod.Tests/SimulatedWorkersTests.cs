using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rouse.Contracts;
using Rouse.Contracts.Webhooks;
using Rouse.Contracts.Workers;
using Rouse.FakeRunpod.Serverless;
using Rouse.FakeRunpod.Workers;
using Rouse.TestKit.Time;

namespace Rouse.FakeRunpod.Tests;

/// <summary>Workers without an engine report their start as Rouse's own worker does: the receiver's type reads it strictly.</summary>
public sealed class SimulatedWorkersTests : ServerFixture
{
    private static readonly WebhookSecret s_secret = new(new byte[32]);

    private const string Path = "/internal/v1/deployments/dep_1/attempts/3/reports";

    private readonly Channel<(string Path, bool IsSigned, WorkerReport Report)> _heard = Channel.CreateUnbounded<(string, bool, WorkerReport)>();

    [Fact]
    public async Task AStart_IsReportedPhaseByPhase()
    {
        await using var control = await ControlAsync(HttpStatusCode.NoContent);
        await CreateAsync(control);
        foreach (var (phase, number) in new[] { ("downloading_model", 1), ("loading_model", 2), ("warming", 3), ("ready", 4) })
        {
            var (path, isSigned, report) = await _heard.Reader.ReadAsync();
            Assert.Equal((Path, true, phase, number), (path, isSigned, report.Phase, report.Sequence));
            Assert.Equal(phase == "ready" ? "hub" : null, report.PhaseTimes?.WeightsFrom);
        }

        await Eventually.TrueAsync(() => Runpod.Workers(Runpod.Endpoints()[0].Id)[0].State == WorkerState.Idle);
    }

    [Fact]
    public async Task AFailure_IsReportedWithItsCode_AndTheContainerEnds()
    {
        Simulated.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.ReportsFailure, FailureCode = "GATED_MODEL" };
        await using var control = await ControlAsync(HttpStatusCode.NoContent);
        var id = await CreateAsync(control);
        var (_, _, report) = await _heard.Reader.ReadAsync();
        Assert.Equal(("failed", "GATED_MODEL"), (report.Phase, report.FailureCode));
        await Eventually.TrueAsync(() => Runpod.Workers(id)[0].State == WorkerState.Unhealthy);
    }

    [Fact]
    public async Task AWorkerNobodyWants_Ends()
    {
        await using var control = await ControlAsync(HttpStatusCode.Gone);
        var launches = 0;
        Simulated.Plan = _ => new SimulatedPlan { End = ++launches == 1 ? SimulatedEnd.Serves : SimulatedEnd.Hangs };
        await CreateAsync(control);
        await _heard.Reader.ReadAsync();
        // Another takes its place, since the endpoint still wants one.
        await Eventually.TrueAsync(() => Volatile.Read(ref launches) == 2);
    }

    [Fact]
    public async Task AWorkerThatHangs_StaysInitializing_AndCosts()
    {
        Simulated.Plan = static _ => new SimulatedPlan { End = SimulatedEnd.Hangs };
        var id = await Client.CreateEndpointAsync(static body => body["workers"]!["min"] = 1);
        Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal((WorkerState.Initializing, 600), (Runpod.Workers(id)[0].State, Runpod.Bill(id).Seconds));
    }

    [Fact]
    public async Task APod_ReportsToo()
    {
        await using var control = await ControlAsync(HttpStatusCode.NoContent);
        await Client.PostAsync("/v2/pods", Bodies.Pod(body => body["env"] = Environment(control)));
        Assert.Equal("downloading_model", (await _heard.Reader.ReadAsync()).Report.Phase);
    }

    private async Task<string> CreateAsync(WebApplication control) => await Client.CreateEndpointAsync(body =>
    {
        body["env"] = Environment(control);
        body["workers"]!["min"] = 1;
    });

    private static JsonObject Environment(WebApplication control) => new()
    {
        [WorkerVariables.ControlUrl] = control.Urls.First(),
        [WorkerVariables.DeploymentId] = "dep_1",
        [WorkerVariables.Attempt] = "3",
        [WorkerVariables.CallbackSecret] = s_secret.Reveal(),
    };

    private async Task<WebApplication> ControlAsync(HttpStatusCode answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers;
            var isSigned = WebhookSignature.Verify(
                s_secret, headers[WebhookSignature.IdHeader], headers[WebhookSignature.TimestampHeader], headers[WebhookSignature.SignatureHeader], body.ToArray(), Time.GetUtcNow());
            _heard.Writer.TryWrite((context.Request.Path.Value!, isSigned, JsonSerializer.Deserialize(body.ToArray(), RouseJson.Default.WorkerReport)!));
            context.Response.StatusCode = (int)answer;
        });
        await app.StartAsync();
        return app;
    }
}
