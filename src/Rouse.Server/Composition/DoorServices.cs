using Microsoft.Extensions.DependencyInjection;
using Rouse.Server.Features.Doors;

namespace Rouse.Server.Composition;

/// <summary>The interfaces of other programs.</summary>
internal static class DoorServices
{
    public static void Add(IServiceCollection services) => services
        .AddSingleton<DoorDeployments>().AddSingleton<DoorJobs>().AddSingleton<KeptPictures>()
        .AddSingleton<GenerateImages>().AddSingleton<ShowModels>().AddSingleton<TextToImage>().AddSingleton<ShowCheckpoints>().AddSingleton<DoorRoutes>();
}
