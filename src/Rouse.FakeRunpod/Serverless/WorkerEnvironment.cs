using System.Globalization;
using Rouse.FakeRunpod.Http;

namespace Rouse.FakeRunpod.Serverless;

/// <summary>What a worker's container finds in its environment: the settings' own, and what the platform adds (runpod-python 1.12.0 reads it).</summary>
internal static class WorkerEnvironment
{
    public static Dictionary<string, string> Of(string jobs, ServerlessEndpoint endpoint, Worker worker)
    {
        var place = worker.Place!;
        var gpu = "?gpu=" + Uri.EscapeDataString(place.GpuTypeId).Replace("%20", "+", StringComparison.Ordinal);
        var url = $"{jobs}/{endpoint.Id}";
        var environment = endpoint.Body.MapAt("env");
        if (endpoint.IsQueue)
        {
            environment["RUNPOD_WEBHOOK_GET_JOB"] = $"{url}/job-take/$ID{gpu}";
            environment["RUNPOD_WEBHOOK_POST_OUTPUT"] = $"{url}/job-done/$RUNPOD_POD_ID/$ID{gpu}";
            environment["RUNPOD_WEBHOOK_POST_STREAM"] = $"{url}/job-stream/$RUNPOD_POD_ID/$ID{gpu}";
            environment["RUNPOD_WEBHOOK_PING"] = $"{url}/ping/$RUNPOD_POD_ID{gpu}";
            environment["RUNPOD_PING_INTERVAL"] = "10000";
        }

        environment["RUNPOD_AI_API_KEY"] = worker.Key;
        environment["RUNPOD_POD_ID"] = worker.Id;
        environment["RUNPOD_POD_HOSTNAME"] = worker.Id;
        environment["RUNPOD_ENDPOINT_ID"] = endpoint.Id;
        environment["RUNPOD_DC_ID"] = place.DataCenterId;
        environment["RUNPOD_GPU_COUNT"] = worker.GpuCount.ToString(CultureInfo.InvariantCulture);
        return environment;
    }
}
