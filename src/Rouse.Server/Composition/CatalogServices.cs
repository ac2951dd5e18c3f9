using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Features.Catalog;
using Rouse.Server.Hub;
using Rouse.Store.Jobs;

namespace Rouse.Server.Composition;

/// <summary>What callers look at before they deploy.</summary>
internal static class CatalogServices
{
    public static void Add(IServiceCollection services) => services
        .AddSingleton<HubSearch>().AddSingleton<OfferBook>().AddSingleton<JobFigures>().AddSingleton<Planner>();
}
