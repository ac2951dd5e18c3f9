using Microsoft.Extensions.DependencyInjection;
using Rouse.Providers.Runpod;
using Rouse.Server.Features.Catalog;
using Rouse.Server.Hub;
using Rouse.Store.Jobs;

namespace Rouse.Server.Composition;

/// <summary>What callers look at before they deploy.</summary>
internal static class CatalogServices
{
    public static void Add(IServiceCollection services, RouseHostOptions options)
    {
        services.AddSingleton<HubSearch>().AddSingleton<OfferBook>().AddSingleton<JobFigures>().AddSingleton<Planner>().AddSingleton<CallBudget>();
        // A key may be checked where nothing is deployed to Runpod yet; where it is, calls for one account count together.
        services.AddSingleton(provider => new RunpodAccountCheck(provider.GetService<RunpodClient>() ?? new RunpodClient(new RunpodOptions(), options.Time)))
            .AddSingleton<KeyChecks>();
    }
}
