using Rouse.Cli.Api;
using Rouse.Cli.Commands;
using Rouse.Cli.Terminal;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Following;

internal static class StartViews
{
    /// <summary>Follows a start, shown as the terminal allows, until the deployment is ready or can no longer become it.</summary>
    public static async Task<Reply<DeploymentView>> FollowAsync(Session session, string id, CancellationToken ct)
    {
        await using var view = For(session.Screen, session.Time);
        return await new Follower(session.Api, session.Time).FollowAsync(id, StartProgress.IsEnd, view, ct);
    }

    public static IStartView For(Screen screen, TimeProvider time)
    {
        if (screen.Quiet) return new SilentStartView();
        return screen.IsLive ? new LiveStartView(screen, time) : new PlainStartView(screen.Note);
    }
}
