using System.Globalization;
using System.Net.Http.Headers;
using Rouse.Contracts.Webhooks;

namespace Rouse.Server.Tests.Caching;

/// <summary>What a worker process of this machine was started with, and what it can do with that.</summary>
internal sealed class WorkerView
{
    private WorkerView(string environment) => Environment = environment;

    /// <summary>One variable a line.</summary>
    public string Environment { get; }

    public static IReadOnlyList<WorkerView> AllOf(string deployment)
    {
        List<WorkerView> found = [];
        foreach (var file in Directory.EnumerateDirectories("/proc").Select(folder => Path.Combine(folder, "environ")))
        {
            try
            {
                var text = File.ReadAllText(file).Replace('\0', '\n');
                if (text.Contains("ROUSE_DEPLOYMENT_ID=" + deployment, StringComparison.Ordinal)) found.Add(new WorkerView(text));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // Not ours, or no more.
            }
        }

        return found;
    }

    public static WorkerView Of(string deployment) => AllOf(deployment)[0];

    /// <summary>Asks for the model's copy, signed with this worker's secret.</summary>
    /// <param name="deployment">Whose; its own or another's.</param>
    public async Task<HttpResponseMessage> AskAsync(HttpClient http, string deployment)
    {
        Assert.True(WebhookSecret.TryParse(Variable("ROUSE_CALLBACK_SECRET"), out var secret));
        var body = """{"worker_id":"curious"}"""u8.ToArray();
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/v1/deployments/{deployment}/attempts/{Variable("ROUSE_ATTEMPT")}/cache") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(WebhookSignature.IdHeader, "ask-1");
        request.Headers.Add(WebhookSignature.TimestampHeader, at.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(secret!, "ask-1", at, body));
        return await http.SendAsync(request);
    }

    /// <summary>A variable's value; null where it is not set.</summary>
    public string? Find(string name) => Environment.Split('\n').FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    private string Variable(string name) => Find(name) ?? throw new InvalidOperationException($"{name} is not set.");
}
