using System.Text.Json;
using Rouse.Contracts.Deployments;
using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Core.Webhooks;
using Rouse.Providers.Local;
using Rouse.Providers.Runpod;
using Rouse.Server.Caching.S3;
using Rouse.Server.Secrets;

namespace Rouse.Server.Features.Deployments;

/// <summary>What a request may ask for on this server.</summary>
/// <param name="Providers">By their words.</param>
/// <param name="Default">The provider of a request that names none.</param>
/// <param name="HasRunpodKey">The server has an account of its own, so callers need not bring one.</param>
/// <param name="AllowFolders">Whether folders of this machine may be deployed.</param>
internal sealed record DeploymentChoices(IReadOnlyDictionary<string, ProviderTraits> Providers, string Default, bool HasRunpodKey, bool AllowFolders)
{
    public WarmPools Pools { get; init; } = WarmPools.None;

    public CacheChoices Cache { get; init; } = CacheChoices.None;

    public EngineOffers Engines { get; init; } = new([WorkerEngine.Onnx], [WorkerEngine.Onnx]);
}

/// <summary>From the wire to a <see cref="DeploymentSpec"/>. Collects every fault of a request, so that one round trip shows them all.</summary>
internal sealed class DeploymentParser(DeploymentChoices choices, AccountNames accounts)
{
    /// <summary>Runpod's longest idle timeout.</summary>
    private const int MaxRunpodIdleSeconds = 3600;

    /// <summary>Whether a backend that is there already may serve it.</summary>
    public bool CanShare(DeploymentSpec spec) => spec.Reuse && choices.Providers[spec.Provider].For(spec).HasOwnQueue;

    public ParsedDeployment Parse(CreateDeploymentRequest body, Payer? who = null)
    {
        var (faults, payer) = (new Faults(), who ?? Payer.Server);
        var provider = Provider(body, payer, faults);
        var key = Token("user_runpod_key", body.UserRunpodKey, faults);
        if (provider.NeedsKey && key is null && payer.Account is null && (payer.IsGuest || !choices.HasRunpodKey))
        {
            faults.Add("user_runpod_key", "There is no Runpod account of yours here to deploy on. Bring a key, or call with one as your credential.");
        }

        if (!provider.NeedsKey && key is not null) faults.Add("user_runpod_key", $"The provider {provider.Kind} needs no key; leave it out.");
        var service = body.Service is { } asked ? ParsedService.Read(asked, faults) : null;
        var account = !provider.NeedsKey ? null : key is null || key.Equals(payer.Key) ? payer.Account : accounts.Of(key);
        if (service is not null) ServiceRules.Check(body, service.Service, account is null && provider.NeedsKey && !payer.IsOperator, faults);
        var model = service is null ? Model(body, provider, faults) : ServiceRules.Model(body, service.Service, faults);
        var cache = CacheFields.Read(body, model, choices.Cache, faults);
        var engine = EngineFields.Read(body, provider, choices.Engines, faults);
        var spec = new DeploymentSpec
        {
            Model = model,
            Name = Name(body.Name, faults),
            Provider = provider.Kind,
            Account = account,
            GpuTier = Tier(body.GpuTier, faults),
            AllowGpuFallback = body.AllowGpuFallback ?? false,
            Region = Region(body.Region, provider, faults),
            Reuse = service is null && (body.Reuse ?? true),
            Drift = Drift(body.Drift, faults),
            Task = engine.Task,
            Engine = engine.Asked,
            Cache = cache.Scope,
            CacheStore = cache.Store,
            WebhookUrl = Webhook(body.UserWebhookUrl, faults),
            WebhookEvents = WebhookEvents(body, faults),
            Workers = Workers(body.Workers, provider, service?.Service, faults),
            Service = service?.Service,
        };
        spec = spec with { Workers = PoolParser.Parse(body.Workers, spec, provider, choices.Pools, faults) };
        var token = Token("hf_token", body.HfToken, faults);
        return new ParsedDeployment(faults.Any ? null : spec, token, key ?? (provider.NeedsKey ? payer.Key : null), faults.ByField) { Engine = engine.Chosen, StoreKeys = cache.Keys, Variables = service?.Variables };
    }

    private ModelRef Model(CreateDeploymentRequest body, ProviderTraits provider, Faults faults)
    {
        ModelRef? model = null;
        if ((body.HfModelId is null) == (body.ModelPath is null))
        {
            faults.Add("hf_model_id", "Give exactly one of hf_model_id, model_path and service.");
        }
        else if (body.HfModelId is { } id)
        {
            if (!ModelRef.TryParseHub(id, out model)) faults.Add("hf_model_id", "Must be 'org/name' or 'org/name@revision' of the model hub, at most 256 characters.");
        }
        else if (provider.Kind != LocalProvider.Kind)
        {
            faults.Add("model_path", $"The provider {provider.Kind} cannot reach a folder of this machine. Use hf_model_id, or provider local.");
        }
        else if (!choices.AllowFolders)
        {
            faults.Add("model_path", "This server does not deploy folders of its own machine. Use hf_model_id.");
        }
        else if (!ModelRef.TryParseFolder(body.ModelPath, out model))
        {
            faults.Add("model_path", "Must be an absolute path without '.' or '..' segments.");
        }
        else if (!Directory.Exists(model!.Id))
        {
            faults.Add("model_path", "There is no such folder on the server's machine.");
        }

        return model!;
    }

    private static string? Name(string? name, Faults faults)
    {
        if (name is null) return null;
        var ok = name.Length is >= 1 and <= 63 && !name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") && name[0] != '-' && name[^1] != '-';
        if (!ok) faults.Add("name", "Must be 1 to 63 of a-z, 0-9 and -, and neither begin nor end with -.");
        return name;
    }

    private ProviderTraits Provider(CreateDeploymentRequest body, Payer payer, Faults faults)
    {
        // A folder of this machine can only be served here, and what a service names says where it runs.
        var fitting = body.Service is { } service ? ParsedService.Providers(service) : [];
        var word = body.Provider ?? (fitting.Count > 0 ? fitting[0] : body.ModelPath is null ? Default(payer) : LocalProvider.Kind);
        if (choices.Providers.TryGetValue(word, out var traits) && (body.Service is null ? traits.ServesModels : fitting.Contains(word, StringComparer.Ordinal)))
        {
            if (payer.IsGuest && word == LocalProvider.Kind) faults.Add("provider", "This machine is its operator's. Deploy on your Runpod account: leave provider out.");
            return traits;
        }

        var known = choices.Providers.Where(pair => body.Service is null ? pair.Value.ServesModels : fitting.Contains(pair.Key, StringComparer.Ordinal)).Select(pair => pair.Key).Order(StringComparer.Ordinal).ToList();
        faults.Add("provider", known.Count > 0 ? $"Must be one of: {string.Join(", ", known)}." : $"This server is not set up for {string.Join(", ", fitting)}, where this service would run.");
        return choices.Providers[choices.Default];
    }

    /// <summary>Whoever brought an account means it.</summary>
    private string Default(Payer payer) =>
        (payer.IsGuest || payer.Account is not null) && choices.Providers.ContainsKey(RunpodServerless.Kind) ? RunpodServerless.Kind : choices.Default;

    private static string? Tier(string? tier, Faults faults)
    {
        if (tier is not null && GpuTiers.Find(tier) is null)
        {
            faults.Add("gpu_tier", $"Unknown tier. Known: {string.Join(", ", GpuTiers.Names.Order(StringComparer.Ordinal))}.");
        }

        return tier?.ToUpperInvariant();
    }

    private static string? Region(string? region, ProviderTraits provider, Faults faults)
    {
        if (region is null || provider.KnowsRegion(region)) return region;
        faults.Add("region", provider.SellsGpus ? "Must be a data centre of the provider, such as EU-RO-1, or a part of the world, such as EU." : $"The provider {provider.Kind} has no regions; leave it out.");
        return region;
    }

    private static DriftPolicy Drift(string? policy, Faults faults)
    {
        if (policy is not (null or "restore" or "adopt")) faults.Add("drift", "Must be restore or adopt.");
        return policy == "adopt" ? DriftPolicy.Adopt : DriftPolicy.Restore;
    }

    private static Uri? Webhook(string? url, Faults faults)
    {
        if (url is null) return null;
        var ok = url.Length <= DeploymentBounds.MaxUrl && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
            && parsed.UserInfo.Length == 0 && parsed.Host.Length > 0;
        // A fragment is never sent; without it one receiver has one spelling.
        if (ok) return new Uri(new Uri(url).GetLeftPart(UriPartial.Query));
        faults.Add("user_webhook_url", $"Must be an absolute http or https URL without user name, at most {DeploymentBounds.MaxUrl} characters.");
        return null;
    }

    private static EventFilter? WebhookEvents(CreateDeploymentRequest body, Faults faults)
    {
        if (body.UserWebhookEvents is not { } events) return null;
        var known = EventFilter.Known.Where(type => type.StartsWith("deployment.", StringComparison.Ordinal)).ToList();
        EventFilter? filter = null;
        if (body.UserWebhookUrl is null) faults.Add("user_webhook_events", "Needs user_webhook_url.");
        else if (!events.All(type => known.Contains(type, StringComparer.Ordinal)) || !EventFilter.TryCreate(events, out filter))
        {
            faults.Add("user_webhook_events", $"Must name one or more of: {string.Join(", ", known)}.");
        }

        return filter;
    }

    internal static Secret? Token(string field, string? token, Faults faults)
    {
        if (token is null) return null;
        // Goes into an HTTP header of the worker: printable ASCII only.
        if (token.Length is > 0 and <= DeploymentBounds.MaxToken && !token.AsSpan().ContainsAnyExceptInRange('!', '~')) return new Secret(token);
        faults.Add(field, $"Must be 1 to {DeploymentBounds.MaxToken} printable ASCII characters without blanks.");
        return null;
    }

    private static WorkerScaling Workers(WorkerScalingBody? body, ProviderTraits provider, HttpService? service, Faults faults)
    {
        var defaults = service is null ? new WorkerScaling() : ServiceRules.Workers;
        if (body is null) return defaults;
        var scaler = body.ScalerType switch
        {
            null => defaults.Scaler,
            "QUEUE_DELAY" => Scaler.QueueDelay,
            "REQUEST_COUNT" => Scaler.RequestCount,
            _ => faults.Add("workers.scaler_type", "Must be QUEUE_DELAY or REQUEST_COUNT.", Scaler.QueueDelay),
        };
        var most = service is null ? WorkerScaling.MaxWorkers : ServiceRules.MaxWorkers(provider);
        var max = faults.InRange("workers.max", body.Max ?? Math.Max(defaults.Max, Math.Clamp(body.Min ?? 0, 0, most)), 1, most);
        var value = body.ScalerValue ?? defaults.ScalerValue;
        var least = scaler == Scaler.QueueDelay ? DeploymentBounds.MinScalerValue : 1;
        if (!double.IsFinite(value) || value < least || value > DeploymentBounds.MaxScalerValue) faults.Add("workers.scaler_value", $"Must be {least} to {DeploymentBounds.MaxScalerValue} for this scaler_type.");
        return new WorkerScaling
        {
            Min = faults.InRange("workers.min", body.Min ?? defaults.Min, 0, max),
            Max = max,
            IdleTimeout = TimeSpan.FromSeconds(faults.InRange("workers.idle_timeout_seconds", body.IdleTimeoutSeconds ?? (int)defaults.IdleTimeout.TotalSeconds, 1, provider.HasOwnQueue ? MaxRunpodIdleSeconds : DeploymentBounds.MaxSeconds)),
            StartTimeout = TimeSpan.FromSeconds(faults.InRange("workers.start_timeout_seconds", body.StartTimeoutSeconds ?? (int)defaults.StartTimeout.TotalSeconds, 1, DeploymentBounds.MaxSeconds)),
            Scaler = scaler,
            ScalerValue = value,
        };
    }

    internal sealed class Faults
    {
        private readonly SortedDictionary<string, string> _byField = new(StringComparer.Ordinal);

        public bool Any => _byField.Count > 0;

        public IReadOnlyDictionary<string, string> ByField => _byField;

        public void Add(string field, string sentence) => _byField[field] = sentence;

        public bool Has(string field) => _byField.ContainsKey(field);

        public T Add<T>(string field, string sentence, T instead)
        {
            Add(field, sentence);
            return instead;
        }

        public int InRange(string field, int value, int least, int most)
        {
            if (value < least || value > most) Add(field, $"Must be {least} to {most}.");
            return value;
        }
    }
}

/// <param name="Spec">Null when there are faults.</param>
/// <param name="HubToken">Kept apart from the spec, because it goes to the vault.</param>
/// <param name="ProviderKey">Of <see cref="DeploymentSpec.Account"/>; goes to the vault too.</param>
/// <param name="Faults">Field → what is wrong with it.</param>
internal sealed record ParsedDeployment(DeploymentSpec? Spec, Secret? HubToken, Secret? ProviderKey, IReadOnlyDictionary<string, string> Faults)
{
    /// <summary>What its workers run it with; null when only a look at the model tells it.</summary>
    public WorkerEngine? Engine { get; init; }

    /// <summary>Of <see cref="DeploymentSpec.CacheStore"/>; go to the vault.</summary>
    public S3Keys? StoreKeys { get; init; }

    /// <summary>Of the service's container; go to the vault.</summary>
    public Secret? Variables { get; init; }

    public string Sentence => string.Join(" ", Faults.Select(fault => $"{fault.Key}: {fault.Value}"));

    public IReadOnlyDictionary<string, JsonElement> Details =>
        Faults.ToDictionary(fault => fault.Key, fault => JsonSerializer.SerializeToElement(fault.Value, DetailsJson.Default.String), StringComparer.Ordinal);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class DetailsJson : System.Text.Json.Serialization.JsonSerializerContext;
