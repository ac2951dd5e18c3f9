using System.Text;
using System.Text.RegularExpressions;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.External;
using Rouse.Providers.Runpod;
using Rouse.Server.Secrets;

namespace Rouse.Server.Features.Deployments;

/// <summary>The members of a request that speak of a service, judged together.</summary>
/// <param name="Service">Sound only where no fault was found.</param>
/// <param name="Variables">Goes to the vault; null when there are none.</param>
internal sealed partial record ParsedService(HttpService Service, Secret? Variables)
{
    private const int MatchMilliseconds = 1000;

    /// <summary>The provider that what is named runs at; the first of them, where there is a choice.</summary>
    public static IReadOnlyList<string> Providers(ServiceBody body) =>
        body.PodId is not null ? [AttachedPods.Kind] : body.Upstream is not null ? [ExternalServers.Kind] : [RunpodPods.Kind, RunpodServerless.Kind];

    public static ParsedService Read(ServiceBody body, DeploymentParser.Faults faults)
    {
        var defaults = new HttpService();
        var isMade = Source(body, faults);
        if (!isMade) RefuseContainers(body, faults);
        var service = new HttpService
        {
            Image = Text("service.image", body.Image, ServiceBounds.MaxImage, Printable(), "printable ASCII without blanks", faults),
            PodId = Id("service.pod_id", body.PodId, faults),
            Upstream = Upstream(body.Upstream, faults),
            Args = Args(body.Args, faults),
            Variables = Names(body.Env, faults),
            Port = faults.InRange("service.port", body.Port ?? defaults.Port, 1, ServiceBounds.MaxPort),
            HealthPath = Path("service.health_path", body.HealthPath, faults) ?? defaults.HealthPath,
            Concurrency = faults.InRange("service.concurrency", body.Concurrency ?? defaults.Concurrency, 1, ServiceBounds.MaxConcurrency),
            MaxQueue = faults.InRange("service.max_queue", body.MaxQueue ?? defaults.MaxQueue, 0, ServiceBounds.MaxQueue),
            MaxQueueBytes = InRange("service.max_queue_bytes", body.MaxQueueBytes ?? defaults.MaxQueueBytes, 0, ServiceBounds.MaxQueueBytes, faults),
            MaxBodyBytes = InRange("service.max_body_bytes", body.MaxBodyBytes ?? defaults.MaxBodyBytes, 1, ServiceBounds.MaxBodyBytes, faults),
            WakeTimeout = Seconds("service.wake_timeout_seconds", body.WakeTimeoutSeconds, defaults.WakeTimeout, faults),
            BusyTimeout = Seconds("service.busy_timeout_seconds", body.BusyTimeoutSeconds, defaults.BusyTimeout, faults),
            ResponseTimeout = Seconds("service.response_timeout_seconds", body.ResponseTimeoutSeconds, defaults.ResponseTimeout, faults),
            ProcessPath = Path("service.process_path", body.ProcessPath, faults) ?? defaults.ProcessPath,
            MaxRetries = faults.InRange("service.max_retries", body.MaxRetries ?? defaults.MaxRetries, 0, ServiceBounds.MaxRetries),
            RetryDelay = RetryDelay(body.RetryDelaySeconds, defaults.RetryDelay, faults),
            VramGb = faults.InRange("service.vram_gb", body.VramGb ?? defaults.VramGb, 0, ServiceBounds.MaxVramGb),
            NetworkVolume = Id("service.network_volume", body.NetworkVolume, faults),
            Fallback = Fallback(body.Fallback, isMade, faults),
        };
        return new ParsedService(service, faults.Any || body.Env is null ? null : ServiceVariables.Join(body.Env));
    }

    /// <returns>Whether a container is made for it.</returns>
    private static bool Source(ServiceBody body, DeploymentParser.Faults faults)
    {
        string?[] sources = [body.Image, body.PodId, body.Upstream];
        if (sources.Count(static source => source is not null) != 1) faults.Add("service", "Give exactly one of image, pod_id and upstream.");
        return body is not { Image: null, PodId: not null } and not { Image: null, Upstream: not null };
    }

    /// <summary>A container that is there already has what it has.</summary>
    private static void RefuseContainers(ServiceBody body, DeploymentParser.Faults faults)
    {
        const string OnlyImages = "Only with service.image: what runs already is set up where it runs.";
        if (body.Args is not null) faults.Add("service.args", OnlyImages);
        if (body.Env is not null) faults.Add("service.env", OnlyImages);
        if (body.VramGb is not null) faults.Add("service.vram_gb", OnlyImages);
        if (body.NetworkVolume is not null) faults.Add("service.network_volume", OnlyImages);
        if (body is { Port: not null, Upstream: not null }) faults.Add("service.port", "The address of service.upstream says the port.");
    }

    private static Uri? Upstream(string? text, DeploymentParser.Faults faults)
    {
        if (text is null) return null;
        // A blank or control character before the parser forgives it: what was written is what is connected to.
        var ok = text.Length <= DeploymentBounds.MaxUrl && Printable().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            && parsed.Host.Length > 0 && parsed.UserInfo.Length == 0 && !text.Contains('?', StringComparison.Ordinal) && !text.Contains('#', StringComparison.Ordinal);
        if (ok) return new Uri(new Uri(text).GetLeftPart(UriPartial.Path).TrimEnd('/'));
        faults.Add("service.upstream", $"Must be an absolute http or https URL without user name, query and fragment, at most {DeploymentBounds.MaxUrl} characters.");
        return null;
    }

    private static string? Args(string? args, DeploymentParser.Faults faults)
    {
        if (args is null or { Length: >= 1 and <= ServiceBounds.MaxArgs } && args?.Any(char.IsControl) is not true) return args;
        return faults.Add<string?>("service.args", $"Must be 1 to {ServiceBounds.MaxArgs} characters without control characters.", instead: null);
    }

    /// <returns>Their names in order. What a value is never becomes part of a sentence.</returns>
    private static string? Names(IReadOnlyDictionary<string, string>? variables, DeploymentParser.Faults faults)
    {
        if (variables is not { Count: > 0 }) return null;
        if (variables.Count > ServiceBounds.MaxVariables) return faults.Add<string?>("service.env", $"Must be {ServiceBounds.MaxVariables} variables at most.", instead: null);
        foreach (var (name, value) in variables)
        {
            if (name.Length > ServiceBounds.MaxVariableName || !VariableName().IsMatch(name)) return faults.Add<string?>("service.env", $"Names must be 1 to {ServiceBounds.MaxVariableName} of A-Z, a-z, 0-9 and _, not beginning with a digit.", instead: null);
            if (value is null || value.Length > ServiceBounds.MaxVariableValue || value.Contains('\0', StringComparison.Ordinal)) return faults.Add<string?>("service.env", $"{name} must be a text of at most {ServiceBounds.MaxVariableValue} characters without NUL.", instead: null);
        }

        var bytes = variables.Sum(variable => variable.Key.Length + Encoding.UTF8.GetByteCount(variable.Value));
        return bytes > ServiceBounds.MaxVariableBytes
            ? faults.Add<string?>("service.env", $"Names and values must be {ServiceBounds.MaxVariableBytes} bytes together at most.", instead: null)
            : string.Join(' ', variables.Keys.Order(StringComparer.Ordinal));
    }

    private static string? Path(string field, string? path, DeploymentParser.Faults faults) =>
        Text(field, path, DeploymentBounds.MaxUrl, PathPattern(), "printable ASCII that begin with / and hold neither ? nor #", faults);

    private static string? Id(string field, string? id, DeploymentParser.Faults faults) =>
        Text(field, id, ServiceBounds.MaxProviderId, ProviderId(), "a-z, A-Z, 0-9, - and _", faults);

    private static string? Text(string field, string? text, int most, Regex pattern, string words, DeploymentParser.Faults faults)
    {
        if (text is null || (text.Length >= 1 && text.Length <= most && pattern.IsMatch(text))) return text;
        return faults.Add<string?>(field, $"Must be 1 to {most} characters, {words}.", instead: null);
    }

    private static TimeSpan Seconds(string field, int? seconds, TimeSpan otherwise, DeploymentParser.Faults faults) =>
        seconds is { } given ? TimeSpan.FromSeconds(faults.InRange(field, given, 1, DeploymentBounds.MaxSeconds)) : otherwise;

    private static TimeSpan RetryDelay(double? seconds, TimeSpan otherwise, DeploymentParser.Faults faults)
    {
        if (seconds is not { } given) return otherwise;
        if (given is >= 0 and <= ServiceBounds.MaxRetryDelaySeconds) return TimeSpan.FromSeconds(given);
        return faults.Add("service.retry_delay_seconds", $"Must be 0 to {ServiceBounds.MaxRetryDelaySeconds}.", otherwise);
    }

    private static WakeFallback Fallback(string? word, bool isMade, DeploymentParser.Faults faults)
    {
        if (!isMade && word is not (null or "none")) return faults.Add("service.fallback", "Must be none: what Rouse did not make it cannot make elsewhere. Name the image instead.", WakeFallback.None);
        return word switch
        {
            null => isMade ? new HttpService().Fallback : WakeFallback.None,
            "none" => WakeFallback.None,
            "host" => WakeFallback.Host,
            "gpu" => WakeFallback.Gpu,
            _ => faults.Add("service.fallback", "Must be none, host or gpu.", WakeFallback.None),
        };
    }

    private static long InRange(string field, long value, long least, long most, DeploymentParser.Faults faults)
    {
        if (value < least || value > most) faults.Add(field, $"Must be {least} to {most}.");
        return value;
    }

    [GeneratedRegex("^[!-~]+\\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Printable();

    [GeneratedRegex("^/[!-\"$->@-~]*\\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex PathPattern();

    [GeneratedRegex("^[A-Za-z0-9_-]+\\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex ProviderId();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*\\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex VariableName();
}
