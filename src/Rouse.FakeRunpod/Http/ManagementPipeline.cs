using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Http;

/// <summary>What happens around every call of the management API: faults, keys, the body's rule, the record.</summary>
internal sealed class ManagementPipeline(RunpodWorld world, CallLog log)
{
    /// <summary>Calls a minute and account; the real windows are minute, hour and day.</summary>
    private readonly RateWindow _rate = new(world);

    public async Task HandleAsync(HttpContext context, Rule? rule, Func<Call, Answer> handle)
    {
        var request = context.Request;
        var body = await Reply.ReadBodyAsync(context);
        var account = FindAccount(request);
        var fault = world.Script.Take(CallPlane.Management, request.Method, request.Path.Value!) ?? ByChance();
        var answer = fault switch
        {
            { Kind: FaultKind.CutBeforeEffect } => null,
            { Kind: FaultKind.RefusedBeforeEffect } => Refusal(fault),
            _ => Handle(request, account, body, rule, handle),
        };
        var isLost = fault is { Kind: FaultKind.CutBeforeEffect or FaultKind.LostReply };
        var told = fault is { Kind: FaultKind.ErrorAfterEffect } ? Refusal(fault) : answer;
        var response = told is null ? "" : Reply.Text(told);
        log.Add(new CallRecord(
            CallPlane.Management, request.Method, request.Path.Value!, request.QueryString.Value ?? "", body,
            isLost ? 0 : told!.Status, account?.Name, response, world.Now));
        if (isLost)
        {
            context.Abort();
            return;
        }

        if (account is not null) _rate.Tell(context.Response, account);
        context.Response.Headers["x-request-id"] = world.Ids.Next(20);
        await Reply.WriteAsync(context, told!);
    }

    private Answer Handle(HttpRequest request, Account? account, string body, Rule? rule, Func<Call, Answer> handle)
    {
        if (account is null) return Answer.Problem(401, "invalid or missing API key");
        if (_rate.IsOver(account) is { } wait) return Answer.Problem(429, "rate limit exceeded") with { RetryAfter = wait };
        JsonNode? parsed = null;
        if (rule is not null)
        {
            try
            {
                parsed = JsonNode.Parse(body);
            }
            catch (JsonException)
            {
                return Answer.Problem(400, "the body is not JSON");
            }

            if (rule.Check(parsed) is { Count: > 0 } errors) return Answer.Invalid(errors);
        }

        return world.Enter(() => handle(new Call(account, request, parsed)));
    }

    private Account? FindAccount(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal)) return null;
        var key = authorization["Bearer ".Length..];
        return world.Read(() => world.Accounts.Find(account => account.Keys.Contains(key)));
    }

    private Fault? ByChance()
    {
        var rate = world.Script.FailureRate;
        if (rate <= 0 || world.Ids.Chance() >= rate) return null;
        return new Fault(world.Ids.Chance() < 0.5 ? FaultKind.RefusedBeforeEffect : FaultKind.LostReply);
    }

    private static Answer Refusal(Fault fault) => Answer.Problem(fault.Status, fault.Detail) with { RetryAfter = fault.RetryAfter };
}
