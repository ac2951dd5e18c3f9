using Rouse.Cli.Api;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Deployments;

/// <summary>Removes a deployment and sees to it that nothing of it runs any more.</summary>
internal static class Removal
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(250);

    /// <summary>A server counts requests, and a provider far away takes its time.</summary>
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    /// <summary>Deleted, and the server has seen that its provider holds nothing of it.</summary>
    public static bool IsGone(DeploymentView view) => PhaseWords.IsDeleted(view.Status) && view.ResourcesReleasedAt is not null;

    /// <param name="noWait">Whether to come back before it is gone.</param>
    public static async Task<Reply<DeploymentView>> RemoveAsync(Session session, string id, bool noWait, CancellationToken ct)
    {
        var deleted = await session.Api.DeleteAsync(id, ct);
        if (!deleted.TryGet(out _, out var failure)) return failure;
        return noWait ? await session.Api.GetAsync(id, ct) : await WaitUntilGoneAsync(session, id, ct);
    }

    public static async Task<Reply<DeploymentView>> WaitUntilGoneAsync(Session session, string id, CancellationToken ct)
    {
        for (var pause = s_firstLook; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 3 / 2, s_longestPause.Ticks)))
        {
            var looked = await session.Api.GetAsync(id, ct);
            if (!looked.TryGet(out var view, out var failure)) return failure;
            if (IsGone(view)) return view;
            await Task.Delay(pause, session.Time, ct);
        }
    }
}
