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
        // A key may be checked where nothing is deployed to Runpod yet.
        var runpod = options.Runpod ?? new RunpodHostOptions();
        var bounds = new RunpodOptions { BaseAddress = runpod.ApiUrl, JobBaseAddress = runpod.JobsUrl };
        services.AddSingleton(new RunpodAccountCheck(new RunpodClient(bounds, options.Time))).AddSingleton<KeyChecks>();
    }
}
