using System.Globalization;
using Rouse.Contracts.Secrecy;
using Rouse.Worker.Reports;
using Rouse.Worker.Weights;

namespace Rouse.Worker.Lifetime;

/// <summary><c>rouse-worker fetch org/name[@rev]</c>: fills the cache ahead of a deployment. The folder goes to stdout, all else to stderr.</summary>
internal static class FetchCommand
{
    public static async Task<ExitCode> RunAsync(HubModel model, HubSettings hub, CancellationToken ct)
    {
        using var http = Composition.CreateHubHttp();
        var log = new WorkerLog(Console.Error, Composition.Clock.Time, new SecretMask(hub.Token is { } token ? [token] : []));
        try
        {
            var folder = await Composition.CreateWeights(http, hub, log).ObtainAsync(model, new OnnxFiles(), (done, total) => log.Info(Percent(done, total)), ct);
            await Console.Out.WriteLineAsync(folder);
            return ExitCode.Clean;
        }
        catch (WeightsException fault)
        {
            log.Error($"{fault.Code}: {fault.Message}");
            return ExitCode.FatalStart;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            log.Info("Stopped. What has come is kept; the next fetch goes on from there.");
            return ExitCode.Clean;
        }
    }

    private static string Percent(long done, long total) =>
        string.Create(CultureInfo.InvariantCulture, $"{(total == 0 ? 100 : done * 100.0 / total):0.0} % of {total} bytes");
}
