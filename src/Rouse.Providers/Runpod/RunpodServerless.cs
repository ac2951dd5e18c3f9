using Microsoft.Extensions.Logging;
using Rouse.Core.Deployments;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Providers.Runpod;

/// <summary>
/// Runpod Serverless as a provider: a backend is an endpoint, with a queue that a model's workers take from, or with a service's image behind Runpod's
/// load balancer. Runpod scales its workers within the bounds we set, so the smallest bound is 0
/// until a deployment is ready, and nothing of ours goes on costing when we are gone.
/// </summary>
public sealed partial class RunpodServerless : IProvider
{
    public const string Kind = "runpod";

    private readonly RunpodClient _client;
    private readonly RunpodOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RunpodRegions _regions = new();
    private readonly PerAccount<ServerlessAccount> _accounts;

    public RunpodServerless(RunpodClient client, RunpodOptions options, TimeProvider time, ILogger logger)
    {
        (_client, _options, _time, _logger) = (client, options, time, logger);
        _accounts = new PerAccount<ServerlessAccount>(options.Accounts, key => new ServerlessAccount(client, options, time, key));
        Traits = new ProviderTraits
        {
            Kind = Kind,
            ScalesToZero = true,
            CanStop = true,
            SellsGpus = true,
            HasOwnQueue = true,
            MaxJobBytes = new RunpodJobsOptions().MaxJob,
            AddressOf = (id, service) => service.Image is null ? null : BalancerAddress.Of(options.BalancerAddress, id),
            AddressWantsKey = true,
            WakesWhenAsked = true,
            ImageOf = options.ImageOf,
            KnowsRegion = _regions.Knows,
            MaxNameLength = RunpodNames.MaxLength,
            ListLag = options.ListLag + options.ListFreshness,
            CallTimeout = options.CallTimeout,
        };
    }

    public ProviderTraits Traits { get; }

    public async ValueTask<IReadOnlyList<Offer>> ListOffersAsync(string? region, ProviderAccess access, CancellationToken ct)
    {
        var gpus = (await _accounts[RunpodClient.Key(access)].ListGpusAsync(ct)).Gpus ?? [];
        _regions.Learn(gpus);
        return RunpodOffers.OfPools(gpus, Kind, region, region is null ? null : _regions.Resolve(region));
    }

    public async ValueTask<BackendId> CreateAsync(BackendRequest request, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        var service = request.Spec.Service;
        if (service is null && _options is { Image: null, TemplateId: null } && _options.OwnImageOf(request.Engine) is null) throw RunpodFaults.NoImage();
        var environment = request.Environment.ToDictionary(variable => variable.Key, variable => variable.Value.Reveal(), StringComparer.Ordinal);
        if (service is not null) environment = BalancerOrder.Environment(service, environment);
        var secrets = request.Environment.Values.Where(value => value.Hidden is not null).Select(value => value.Reveal());
        var centers = request.Offer.Region is { } region ? _regions.Resolve(region) : null;
        var account = _accounts[key];
        try
        {
            var body = service is null ? EndpointOrder.Create(request, environment, centers, _options) : BalancerOrder.Create(request, service, environment, centers, _options);
            var made = await _client.CreateEndpointAsync(body, secrets, key, ct);
            if (made.Id is not { Length: > 0 } text) throw RunpodFaults.Unknown("create the endpoint", "the answer names no id");
            var id = new BackendId(text);
            if (RunpodFlaw.Of(made.Name, request.Name, made.Env, environment) is { } flaw) throw await UndoAsync(account, id, flaw, access, ct);
            account.With(id, memory =>
            {
                (memory.IsBalancer, memory.MaxWorkers) = (service is not null, request.Spec.Workers.Max);
                // A new endpoint has no worker and no job: what wakes it need not look first.
                memory.See(new WorkerLook(_time.GetTimestamp(), 0, 0, 0, 0, 0, Jobs: 0));
            });
            return id;
        }
        finally
        {
            account.Changed();
        }
    }

    public async ValueTask<IReadOnlyList<ObservedBackend>> ListOwnedAsync(OwnerPrefix prefix, ProviderAccess access, CancellationToken ct)
    {
        var account = _accounts[RunpodClient.Key(access)];
        return account.Observe((await account.ListAsync(ct)).Where(view => view.Name.Owner == prefix));
    }

    public async ValueTask ScaleAsync(BackendId id, WorkerScaling workers, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        var account = _accounts[key];
        var shown = (await account.ListAsync(ct)).FirstOrDefault(view => view.Id == id);
        var isBalancer = shown?.IsBalancer ?? account.With(id, memory => memory.IsBalancer);
        await ChangeAsync(account, id, isBalancer ? EndpointOrder.ScaleBalancer(workers) : EndpointOrder.Scale(workers), key, ct);
    }

    public async ValueTask RenewAsync(BackendId id, string image, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        var account = _accounts[key];
        // Each image sent is a release. Whoever sets it sends it; those who share the endpoint and ask meanwhile see it sent.
        if (!account.With(id, memory => memory.Claim(image))) return;
        try
        {
            // The list is a moment old, and another replica may have been faster.
            if (await _client.FindEndpointAsync(id.Value, key, ct) is { } endpoint && endpoint.Image == image) return;
            await ChangeAsync(account, id, EndpointOrder.Renew(image), key, ct);
        }
        catch
        {
            account.With(id, memory => memory.Image = null);
            throw;
        }
    }

    public async ValueTask DeleteAsync(BackendId id, ProviderAccess access, CancellationToken ct)
    {
        var key = RunpodClient.Key(access);
        var account = _accounts[key];
        try
        {
            // Runpod deletes an endpoint only once it may have no workers.
            await _client.UpdateEndpointAsync(id.Value, EndpointOrder.Hibernate(), key, ct);
        }
        catch (ProviderException refused) when (refused.Fault is not (ProviderFault.Unknown or ProviderFault.Unauthorized or ProviderFault.RateLimited))
        {
            LogNotHibernated(id, refused.Message);
        }

        await _client.DeleteEndpointAsync(id.Value, key, ct);
        account.Deleted(id);
    }

    private async Task<ProviderException> UndoAsync(ServerlessAccount account, BackendId id, FailureCause flaw, ProviderAccess access, CancellationToken ct)
    {
        // Should it stay, the list shows it as broken, which ends the deployment and deletes it.
        account.With(id, memory => memory.Broken = flaw);
        try
        {
            await DeleteAsync(id, access, ct);
        }
        catch (ProviderException failed)
        {
            LogNotUndone(id, failed.Message);
        }

        return new ProviderException(ProviderFault.Rejected, flaw.Message) { Code = flaw.Code };
    }

    private async Task ChangeAsync(ServerlessAccount account, BackendId id, UpdateEndpointBody body, Secret key, CancellationToken ct)
    {
        try
        {
            if (await _client.UpdateEndpointAsync(id.Value, body, key, ct)) return;
            throw new ProviderException(ProviderFault.Rejected, $"Runpod has no endpoint {id}; it was deleted, or never was.");
        }
        finally
        {
            account.Changed();
        }
    }
}
