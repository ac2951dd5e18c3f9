using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Contracts;
using Rouse.Core;
using Rouse.Core.Analytics;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;
using Rouse.Providers.Local;
using Rouse.Providers.Runpod;
using Rouse.Server.Auth;
using Rouse.Server.Background;
using Rouse.Server.Events;
using Rouse.Server.Features.Costs;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Features.Operations;
using Rouse.Server.Http;
using Rouse.Server.Hub;
using Rouse.Server.Metrics;
using Rouse.Server.Secrets;
using Rouse.Store;
using Rouse.Store.Costs;
using Rouse.Store.Deployments;
using Rouse.Store.Events;
using Rouse.Store.Idempotency;
using Rouse.Store.Secrets;
using Secret = Rouse.Core.Tenancy.Secret;

namespace Rouse.Server.Composition;

/// <summary>The composition root: every object of the server, and the only place where chance and the clock come from.</summary>
internal static class ServerServices
{
    public static void AddRouse(
        this IServiceCollection services, RouseHostOptions options, ApiKeys keys, ListeningSocket socket, DataFolder folder, Database database, Installation installation)
    {
        services.AddSingleton(options.Time).AddSingleton(options).AddSingleton(folder).AddSingleton(database).AddSingleton(installation);
        services.ConfigureHttpJsonOptions(json =>
        {
            // For the OpenAPI document; the endpoints name their JSON themselves.
            json.SerializerOptions.PropertyNamingPolicy = RouseJson.Default.Options.PropertyNamingPolicy;
            json.SerializerOptions.NumberHandling = RouseJson.Default.Options.NumberHandling;
            json.SerializerOptions.DefaultIgnoreCondition = RouseJson.Default.Options.DefaultIgnoreCondition;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, RouseJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(1, JobJson.Default);
        });
        AddAuth(services, options, installation);
        AuthServices.Add(services, options, keys, installation);
        EgressServices.Add(services, options, keys, socket);
        ForwardingServices.Add(services);
        LimitServices.Add(services, options, keys);
        CallbackServices.Add(services, options, installation);
        TelemetryServices.Add(services, options);
        AddStores(services);
        AddDeployments(services, options, socket);
        JobServices.Add(services, options);
        ServiceJobServices.Add(services, options, folder);
        OutputServices.Add(services, options, folder, installation);
        WakingServices.Add(services, options);
        UsageServices.Add(services);
        DoorServices.Add(services);
        WebhookServices.Add(services, options, installation, NextChance);
        RelayServices.Add(services, options, NextChance);
        HubServices.Add(services, options, NextChance);
        CatalogServices.Add(services, options);
        CacheServices.Add(services, options, NextChance);
        FirestoreServices.Add(services, options);
        AddCapacity(services, options, socket, folder, installation);
        services.AddSingleton<ServerFigures>().AddSingleton<ProviderFigures>().AddSingleton<ShowMetrics.Process>();
        GatewayAdmissionServices.Add(services);
        services.AddRouseOpenApi();
        services.AddHostedService<Loops>();
    }

    private static void AddAuth(IServiceCollection services, RouseHostOptions options, Installation installation)
    {
        SecretServices.Add(services, installation);
        services.AddSingleton(new AttemptTokens(installation.Key)).AddSingleton(new AccountNames(installation.Key));
        var runpodKey = options.Runpod?.ApiKey is { Length: > 0 } key ? new Secret(key) : null;
        services.AddSingleton(provider => new ProviderKeys(runpodKey, provider.GetRequiredService<SecretStore>(), provider.GetRequiredService<SecretCipher>()));
        services.AddSingleton<DeploymentLocator>().AddSingleton<DeploymentDirectory>();
    }

    private static void AddStores(IServiceCollection services) => services
        .AddSingleton<LogStore>().AddSingleton<DeploymentFigures>().AddSingleton<ColdStartStore>().AddSingleton<IdempotencyStore>()
        .AddSingleton<Inbox>().AddSingleton<SecretStore>().AddSingleton<SettingStore>();

    private static void AddDeployments(IServiceCollection services, RouseHostOptions options, ListeningSocket socket)
    {
        services.AddSingleton(provider =>
        {
            var traits = provider.GetRequiredService<ReconcilePorts>().Providers.ToDictionary(pair => pair.Key, pair => pair.Value.Traits, StringComparer.Ordinal);
            var hasKey = provider.GetRequiredService<ProviderKeys>().HasRunpodKey;
            var choices = new DeploymentChoices(traits, DefaultProvider(options, hasKey), hasKey, options.AllowFolders ?? socket.IsLoopback)
            {
                Pools = WarmPools.Parse(options.WarmPools),
                Cache = provider.GetRequiredService<CacheChoices>(),
                Engines = provider.GetRequiredService<EngineOffers>(),
            };
            return new DeploymentParser(choices, provider.GetRequiredService<AccountNames>());
        });
        services.AddSingleton<CreateDeployment.Vault>();
        services.AddSingleton(OwnAddress.Of(options, socket.BaseAddress)).AddSingleton<DeploymentViews>().AddSingleton<DeploymentReader>().AddSingleton<StreamEvents>();
        services.AddSingleton(provider => new DeploymentStore(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<EventStore>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<DeploymentWebhooks>().For));
        services.AddSingleton<StreamDeployment.Sources>().AddSingleton<EventStream>();
        services.AddSingleton(provider => new Pulse(Sse.Heartbeat, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
            new EventFeed(provider.GetRequiredService<StreamEvents>().ReadAsync, provider.GetRequiredService<ILogger<EventFeed>>()));
    }

    private static void AddCapacity(IServiceCollection services, RouseHostOptions options, ListeningSocket socket, DataFolder folder, Installation installation)
    {
        services.AddSingleton<WorkerLines>().AddSingleton<Housekeeping>().AddSingleton(OperatorVariables.Of(options));
        services.AddSingleton(provider => new WorkerEnvironment(
            socket.BaseAddress, options.Runpod is { WorkersRunHere: true } ? socket.BaseAddress : options.PublicUrl is null ? null : provider.GetRequiredService<OwnAddress>().Base, folder.Cache, options.HubEndpoint,
            provider.GetRequiredService<AttemptTokens>(), provider.GetRequiredService<CallbackSecrets>(), options.Oversight, TelemetryServices.ForLocalWorkers(options),
            provider.GetRequiredService<DeploymentDirectory>(), provider.GetRequiredService<DeploymentStore>(),
            provider.GetRequiredService<SecretStore>(), provider.GetRequiredService<SecretCipher>(), provider.GetRequiredService<AccountNames>(),
            provider.GetRequiredService<EngineOffers>(), provider.GetRequiredService<OperatorVariables>(), options.Outputs.ByUrl));
        services.AddSingleton(provider => LocalCapacity.Create(provider, options, socket, folder, installation));
        RunpodCapacity.Add(services, options);
        services.AddSingleton<CapacityStore>().AddSingleton(new CapacityLimits()).AddSingleton<CapacityMeter>().AddSingleton<CostBills>().AddSingleton(options.CachePrices).AddSingleton<CacheCosts>().AddSingleton<CostReader>();
        services.AddSingleton(provider => Ports(provider, options, installation)).AddSingleton<Orphans>();
        // What settles an unknown outcome is the provider's own figure; this one would only add to it.
        var limits = new ReconcileLimits { Settle = TimeSpan.Zero };
        services.AddSingleton(options.Limits?.Invoke(limits) ?? limits);
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ReconcilePass>(provider));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ReconcileLoop>(
            provider, ActiveDeployments(provider.GetRequiredService<DeploymentStore>()), new ReconcileLoopOptions(), (Func<double>)NextChance));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Sweep>(
            provider, (Func<CancellationToken, ValueTask<IReadOnlyList<ProviderAccount>>>)(ct => provider.GetRequiredService<Orphans>().AccountsAsync(tenant: null, ct)),
            (Action<TenantId, DeploymentId>)provider.GetRequiredService<ReconcileLoop>().Hint, new SweepOptions()));
    }

    private static Func<CancellationToken, ValueTask<IReadOnlyList<(TenantId, DeploymentId)>>> ActiveDeployments(DeploymentStore store) => async ct =>
    {
        const int page = 500;
        List<(TenantId, DeploymentId)> all = [];
        DeploymentId? after = null;
        while (true)
        {
            var keys = await store.ListActiveAsync(after, page, ct);
            all.AddRange(keys.Select(key => (key.Tenant, key.Id)));
            if (keys.Count < page) return all;
            after = keys[^1].Id;
        }
    };

    private static ReconcilePorts Ports(IServiceProvider services, RouseHostOptions options, Installation installation)
    {
        IReadOnlyList<IProvider> providers = [services.GetRequiredService<LocalProvider>(), .. RunpodCapacity.Create(services, options), .. ServiceCapacity.Create(services, options, installation)];
        var figures = services.GetRequiredService<ProviderFigures>();
        var byKind = providers.ToDictionary(provider => provider.Traits.Kind, IProvider (provider) => new CountedProvider(provider, figures), StringComparer.Ordinal);
        var keys = services.GetRequiredService<ProviderKeys>();
        var environment = services.GetRequiredService<WorkerEnvironment>();
        var ports = new ReconcilePorts
        {
            Store = services.GetRequiredService<DeploymentStore>(),
            Providers = byKind,
            Access = (account, ct) => keys.OpenAsync(account, byKind[account.Provider].Traits.NeedsKey, ct),
            Chooses = services.GetRequiredService<EngineOffers>().Chooses,
            EngineOf = services.GetRequiredService<EngineOffers>().EngineOf,
            Inspect = services.GetRequiredService<ModelLook>().InspectAsync,
            // The local provider asks for the environment at each start of a worker instead (LocalCapacity).
            Environment = (row, attempt, ct) => row.Spec.Service is { } service ? services.GetRequiredService<ServiceVariables>().ForAsync(row, service, ct)
                : byKind[row.Spec.Provider].Traits is { SellsGpus: true } traits
                ? environment.ForRemoteAsync(row, attempt, traits.HasOwnQueue, ct)
                : ValueTask.FromResult<IReadOnlyDictionary<string, EnvironmentValue>>(new Dictionary<string, EnvironmentValue>(StringComparer.Ordinal)),
            Meter = (row, observed, ct) =>
            {
                if (byKind[row.Spec.Provider].Traits.For(row.Spec).HasOwnQueue) services.GetRequiredService<SeenWorkers>().See(row, observed);
                return services.GetRequiredService<CapacityMeter>().SeeAsync(row, observed, ct);
            },
            HasWork = (id, ct) => WakingServices.HasWorkAsync(services, id, ct),
            Answers = row => services.GetRequiredService<RouteFeed>().Answers(row),
            Installation = installation.Word,
            Owner = Owner(options, installation),
        };
        return options.Rewire?.Invoke(ports) ?? ports;
    }

    /// <summary>One server per data folder, so the same word after a restart is safe, and what a killed server held is its own.</summary>
    internal static string Owner(RouseHostOptions options, Installation installation) =>
        options.Database is null ? installation.Word : Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes));

    /// <summary>Where deployments go that say nothing: to the GPUs the operator pays for, if there are any.</summary>
    private static string DefaultProvider(RouseHostOptions options, bool hasRunpodKey) =>
        options.DefaultProvider ?? (options.Runpod is not null && hasRunpodKey ? RunpodServerless.Kind : LocalProvider.Kind);

    private static double NextChance() => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;
}
