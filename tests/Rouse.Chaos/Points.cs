namespace Rouse.Chaos;

/// <summary>
/// kill -9 of the real server at every named point, against a Runpod on sockets: no endpoint is left or lives beside another, what was accepted is
/// done, and the deployment ends deleted. One run is a life with a few kills, each where it comes by first.
/// </summary>
public static class Points
{
    /// <summary>All of them, each in one run.</summary>
    public static readonly string[][] Runs =
    [
        ["api.post-deployment:before", "store.lease:before", "provider.create:before", "api.post-run:before", "provider.delete:before"],
        ["api.post-deployment:after", "store.lease:after", "provider.create:after", "api.post-run:after", "provider.delete:after"],
        ["store.load:before", "store.advance-validating:before", "store.begin-attempt:before", "relay.submit:before", "api.delete-deployment:before"],
        ["store.load:after", "store.advance-validating:after", "store.begin-attempt:after", "relay.submit:after", "api.delete-deployment:after"],
        ["store.record-model:before", "store.record-backend:before", "relay.look:before", "runpod.patch-endpoint:before", "store.advance-deleted:before"],
        ["store.record-model:after", "store.record-backend:after", "relay.look:after", "runpod.patch-endpoint:after", "store.advance-deleted:after"],
        ["provider.offers:before", "runpod.post-serverless:before", "provider.list:before", "runpod.delete-endpoint:before", "store.mark-released:before"],
        ["provider.offers:after", "runpod.post-serverless:after", "provider.list:after", "runpod.delete-endpoint:after", "store.mark-released:after"],
        ["store.advance-selecting_gpu:before", "api.post-report:before", "store.used-by-others:before"],
        ["store.advance-selecting_gpu:after", "api.post-report:after", "store.record-scaling:after", "store.used-by-others:after"],
        ["store.record-refusal:before", "provider.wake:before", "store.release:before"],
        ["store.record-refusal:after", "provider.wake:after", "store.release:after"],
        ["store.note:before", "store.give-up:before", "store.forget:before"],
        ["store.note:after", "store.give-up:after", "store.forget:after"],
        ["runpod.get-gpus:before", "runpod.post-run:before", "provider.scale:before", "store.record-scaling:before"],
        ["runpod.get-gpus:after", "runpod.post-run:after", "provider.scale:after"],
    ];

    internal static IEnumerable<object[]> Half(int half) => Runs.Where((_, i) => i % 2 == half).Select(points => new object[] { points });
}
