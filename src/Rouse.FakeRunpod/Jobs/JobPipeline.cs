using Microsoft.AspNetCore.Http;
using Rouse.FakeRunpod.Http;
using Rouse.FakeRunpod.Script;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Jobs;

/// <summary>Every request of the job plane: one path, two kinds of callers.</summary>
internal sealed class JobPipeline(RunpodWorld world, CallLog log)
{
    private readonly JobClientRoutes _clients = new(world);
    private readonly JobWorkerRoutes _workers = new(world);

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var body = await Reply.ReadBodyAsync(context);
        var call = JobCall.From(request, body);
        var plane = call is not null && JobWorkerRoutes.Knows(call.Operation) ? CallPlane.Worker : CallPlane.Jobs;
        var fault = world.Script.Take(plane, request.Method, request.Path.Value!);
        Answer? answer = null;
        if (fault is not { Kind: FaultKind.CutBeforeEffect or FaultKind.RefusedBeforeEffect })
        {
            answer = call is null ? null : plane == CallPlane.Worker ? await _workers.AnswerAsync(call, context.RequestAborted) : await _clients.AnswerAsync(call, context.RequestAborted);
            answer ??= JobClientRoutes.Refuse(404, "not found");
        }

        var isLost = fault is { Kind: FaultKind.CutBeforeEffect or FaultKind.LostReply };
        var told = fault is { Kind: FaultKind.RefusedBeforeEffect or FaultKind.ErrorAfterEffect }
            ? JobClientRoutes.Refuse(fault.Status, fault.Detail) with { RetryAfter = fault.RetryAfter }
            : answer;
        log.Add(new CallRecord(
            plane, request.Method, request.Path.Value!, request.QueryString.Value ?? "", body, isLost ? 0 : told!.Status, AccountOf(call),
            told is null ? "" : Reply.Text(told), world.Now));

        // A lease nobody was told of would wait for a worker that knows nothing of it.
        if (plane == CallPlane.Worker && answer is { Status: 200, Body: not null } && (isLost || told != answer || context.RequestAborted.IsCancellationRequested))
        {
            _workers.Undo(call!.Endpoint, answer);
        }

        if (isLost) context.Abort();
        else await Reply.WriteAsync(context, told!);
    }

    private string? AccountOf(JobCall? call) =>
        call is null
            ? null
            : world.Read(() => world.Endpoints.Find(call.Endpoint)?.Account.Name ?? world.Accounts.Find(account => account.Keys.Contains(call.Key))?.Name);
}
