using Rouse.Core.Ports;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Runpod;

/// <summary>Many deployments at once.</summary>
public sealed class CrowdTests
{
    [Fact]
    public async Task DeploymentsThatWaitForTheirProvider_HoldUpNoNewOne()
    {
        const int crowd = 100;
        var waiting = 0;
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await TestServer.StartAsync(options => options with
        {
            Runpod = new RunpodHostOptions { ApiKey = "rpa_a_key_that_is_not_asked", Image = "rouse/worker:test" },
            Rewire = ports => ports with
            {
                Access = async (_, ct) =>
                {
                    Interlocked.Increment(ref waiting);
                    await answer.Task.WaitAsync(ct);
                    throw new ProviderException(ProviderFault.Unauthorized, "No key.");
                },
            },
        });
        for (var i = 0; i < crowd; i++) await server.DeployAsync("""{"hf_model_id":"org/tiny","reuse":false}""");
        await Eventually.TrueAsync(() => Volatile.Read(ref waiting) >= crowd);
        answer.SetResult();
    }
}
