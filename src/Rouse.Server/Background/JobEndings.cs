using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Gateway.Jobs;
using Rouse.Server.Auth;

namespace Rouse.Server.Background;

/// <summary>When a deployment has ended, its open jobs end too: FAILED with the reason, so that nobody waits for what cannot come.</summary>
internal sealed partial class JobEndings(JobPlane plane, DeploymentDirectory directory, ILogger<JobEndings> logger) : BackgroundService
{
    private readonly Channel<DeploymentId> _news = Channel.CreateUnbounded<DeploymentId>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Something happened to the deployment. Never waits.</summary>
    public void Look(DeploymentId id) => _news.Writer.TryWrite(id);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var id in _news.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                if (await directory.FindAsync(id, stoppingToken) is not { } located || !located.Phase.IsEnded()) continue;
                await plane.AbandonAsync(id, $"the deployment is {located.Phase.Word()}", stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(id, error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The open jobs of ended {Deployment} could not be ended; they expire by their time to live")]
    private partial void LogFailed(DeploymentId deployment, Exception error);
}
