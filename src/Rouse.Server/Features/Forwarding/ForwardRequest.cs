using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rouse.Core.Deployments;
using Rouse.Gateway.Admission;
using Rouse.Gateway.Forwarding;
using Rouse.Gateway.Readiness;
using Rouse.Gateway.Routing;
using Rouse.Gateway.Usage;
using Rouse.Server.Auth;
using Rouse.Server.Http;
using Rouse.Server.ServiceJobs;

namespace Rouse.Server.Features.Forwarding;

/// <summary>
/// <c>ANY /d/{deployment}/{**path}</c>: forwards to a service, and holds the request while there is no place at it. Whoever says <c>Expect: 100-continue</c> sends its body
/// only then; of others what does not fit into the server's buffer is read on (<see cref="HeldUploads"/>).
/// </summary>
/// <param name="prober">Null where nobody watches the backends.</param>
internal sealed class ForwardRequest(
    CallerGate gate, ServiceFinder finder, Doorkeeper keeper, Forwarder forwarder, AsyncRequests queue, HeldUploads uploads, UsageMeter meter, TimeProvider time, Prober? prober = null)
{
    /// <summary>
    /// Before a request of which nothing was sent goes to the door again. By the second time the prober has looked too: if it found nobody either, the request waits for
    /// a wake. Together less than a second, for a backend that answers the prober and refuses us.
    /// </summary>
    private static readonly TimeSpan[] s_pauses = [TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(500)];

    private static readonly NeededScope s_needed = new(Scope.Run);
    private static readonly ConditionalWeakTable<HttpService, ForwardBounds> s_bounds = [];

    public async Task HandleAsync(HttpContext context)
    {
        var began = time.GetTimestamp();
        var (caller, refusal) = await gate.EnterAsync(context, s_needed);
        if (caller is null)
        {
            await refusal!.ExecuteAsync(context);
            return;
        }

        var (route, path) = await finder.FindAsync(context, caller);
        if (route is null) return;
        var (wishes, service) = (Wishes.Of(context.Request.Headers["Prefer"]), route.Service);
        if (wishes.RespondAsync)
        {
            await (await queue.AcceptAsync(context, route, path!)).ExecuteAsync(context);
            return;
        }

        var usage = new Account(began, 0, 0, TimeSpan.Zero, ColdStart: false, IsGone: true);
        try
        {
            if (context.Request.ContentLength > service.MaxBodyBytes)
            {
                usage = usage with { IsGone = false };
                await TooLargeAsync(context, service);
            }
            else
            {
                usage = await SendAsync(context, route, path!, wishes, new Ask(caller.Tenant, AskPriority.Held, HeldBytes(context), wishes.Wait), usage);
            }
        }
        finally
        {
            var lasted = time.GetElapsedTime(began);
            var waited = usage is { IsGone: true, BytesOut: 0 } && usage.Waited == TimeSpan.Zero ? lasted : usage.Waited;
            meter.Record(new RequestUsage(
                route.Tenant, route.Deployment, RequestKind.Held, time.GetUtcNow() - lasted, waited, lasted, usage.IsGone ? 0 : context.Response.StatusCode, usage.BytesIn, usage.BytesOut,
                usage.ColdStart));
        }
    }

    private async ValueTask<Account> SendAsync(HttpContext context, Route route, string path, Wishes wishes, Ask ask, Account usage)
    {
        await using var held = uploads.Of(context, route.Tenant, route.Service.MaxBodyBytes);
        for (var unsent = 0; ; unsent++)
        {
            var entering = keeper.EnterAsync(route.Deployment, ask, context.RequestAborted);
            if (!entering.IsCompleted) held?.ReadAhead();
            var (grant, refusal) = await entering;
            if (held is not null) await held.StopAsync();
            if (grant is null)
            {
                await AnswerAsync(context, GatewayErrors.Of(context, refusal!.Value), usage with { Waited = time.GetElapsedTime(usage.Began) }, wishes);
                return usage with { Waited = time.GetElapsedTime(usage.Began), IsGone = false };
            }

            using (grant)
            {
                usage = usage with { Waited = usage.Waited + grant.Waited, ColdStart = usage.ColdStart || grant.ColdStart };
                Tell(context.Response.Headers, usage, wishes);
                var service = grant.Route.Service;
                var result = await forwarder.SendAsync(context, grant.Backend, path, BoundsOf(service), context.RequestAborted);
                usage = usage with { BytesIn = result.BytesIn, BytesOut = result.BytesOut, IsGone = result.Outcome is ForwardOutcome.CallerGone or ForwardOutcome.NotSent };
                grant.NothingSent = result.Outcome is ForwardOutcome.NotSent or ForwardOutcome.BadRequest;
                if (result.Outcome is ForwardOutcome.NotSent or ForwardOutcome.Failed) prober?.Doubt(grant.Backend.Id);
                if (result.Outcome != ForwardOutcome.NotSent || unsent == s_pauses.Length)
                {
                    if (AnswerTo(result, service) is { } answer && !context.Response.HasStarted) await AnswerAsync(context, answer, usage, wishes);
                    return usage with { IsGone = result.Outcome == ForwardOutcome.CallerGone };
                }
            }

            await Task.Delay(s_pauses[unsent], time, context.RequestAborted);
        }
    }

    private static ForwardBounds BoundsOf(HttpService service) => s_bounds.GetValue(service, static one => new ForwardBounds(one.MaxBodyBytes, one.ResponseTimeout));

    /// <summary>What the caller is told where no backend's answer was relayed; null where there is nothing to say, or nobody to say it to.</summary>
    private static IResult? AnswerTo(ForwardResult result, HttpService service) => result.Outcome switch
    {
        ForwardOutcome.NotSent => Problems.Result(GatewayErrors.BackendUnreachable, "No connection to the service could be made. Nothing was sent to it."),
        ForwardOutcome.Failed => Problems.Result(GatewayErrors.BackendFailed, "The request was sent, at least in part, and the connection broke before an answer. It may have been carried out."),
        ForwardOutcome.TimedOut => Problems.Result(GatewayErrors.BackendTimeout, $"The request was sent, and nothing came for {service.ResponseTimeout.TotalSeconds:0} s. It may have been carried out."),
        ForwardOutcome.BadRequest => result.RefusedWith switch
        {
            StatusCodes.Status413PayloadTooLarge => TooLarge(service),
            StatusCodes.Status408RequestTimeout => Problems.Result(ErrorCode.RequestTimeout, "The body came too slowly."),
            StatusCodes.Status405MethodNotAllowed => Problems.Result(GatewayErrors.NotForwarded, "Tunnels and TRACE are not forwarded."),
            _ => Problems.Result(ErrorCode.BadRequest, "The request cannot be forwarded as it is."),
        },
        _ => null,
    };

    private static Task AnswerAsync(HttpContext context, IResult answer, Account usage, Wishes wishes)
    {
        Tell(context.Response.Headers, usage, wishes);
        return answer.ExecuteAsync(context);
    }

    private static void Tell(IHeaderDictionary headers, Account usage, Wishes wishes)
    {
        headers["X-Rouse-Cold-Start"] = usage.ColdStart ? "true" : "false";
        headers["X-Rouse-Waited-Ms"] = usage.Waited == TimeSpan.Zero ? "0" : ((long)usage.Waited.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (wishes.Wait is { } wait) headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={(int)wait.TotalSeconds}");
    }

    private static long HeldBytes(HttpContext context) =>
        context.Request.ContentLength is { } length ? Math.Min(length, HeldUpload.Buffered)
        : context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false } ? 0
        : HeldUpload.Buffered;

    private static Task TooLargeAsync(HttpContext context, HttpService service) => TooLarge(service).ExecuteAsync(context);

    private static IResult TooLarge(HttpService service) => Problems.Result(ErrorCode.TooLarge, $"The service takes bodies of at most {service.MaxBodyBytes} bytes.");

    /// <summary>What will be known of the request when it is over.</summary>
    private readonly record struct Account(long Began, long BytesIn, long BytesOut, TimeSpan Waited, bool ColdStart, bool IsGone);
}
