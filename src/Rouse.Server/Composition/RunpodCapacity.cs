using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Core.Ports;
using Rouse.Providers.Runpod;

namespace Rouse.Server.Composition;

/// <summary>Runpod as this server is set up for it; nothing where it is not.</summary>
internal static class RunpodCapacity
{
    public static void Add(IServiceCollection services, RouseHostOptions options)
    {
        if (options.Runpod is not { } settings) return;
        services.AddSingleton(_ => CreateClient(options)).AddSingleton<RunpodBilling>();
    }

    public static RunpodClient CreateClient(RouseHostOptions options)
    {
        var settings = options.Runpod ?? new RunpodHostOptions();
        return new RunpodClient(Options(settings), options.Time, settings.Handler?.Invoke());
    }

    public static IEnumerable<IProvider> Create(IServiceProvider services, RouseHostOptions options)
    {
        if (options.Runpod is not { } settings) yield break;
        var (bounds, client) = (Options(settings), services.GetRequiredService<RunpodClient>());
        yield return new RunpodServerless(client, bounds, options.Time, services.GetRequiredService<ILogger<RunpodServerless>>());
        // A pod's worker takes its jobs from us, so it must reach us; a service in a pod is reached by us.
        yield return new RunpodPods(client, bounds with { PodsServeModels = settings.WorkersRunHere || options.PublicUrl is not null }, options.Time);
    }

    public static RunpodOptions Options(RunpodHostOptions settings)
    {
        var standard = new RunpodOptions
        {
            BaseAddress = settings.ApiUrl, JobBaseAddress = settings.JobsUrl, Image = settings.Image, TemplateId = settings.TemplateId,
            Engines = settings.ImageEngines, EngineImages = settings.EngineImages, PodAddress = settings.PodUrl, BalancerAddress = settings.BalancerUrl,
        };
        return settings.Tune?.Invoke(standard) ?? standard;
    }
}
