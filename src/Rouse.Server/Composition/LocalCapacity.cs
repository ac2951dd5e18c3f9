using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rouse.Core;
using Rouse.Core.Ports;
using Rouse.Providers.Local;
using Rouse.Server.Background;

namespace Rouse.Server.Composition;

internal static class LocalCapacity
{
    public static LocalProvider Create(IServiceProvider services, RouseHostOptions options, ListeningSocket socket, DataFolder folder, Installation installation)
    {
        var program = WorkerProgram.Command(WorkerProgram.Locate(options.Worker));
        var environment = services.GetRequiredService<WorkerEnvironment>();
        var lines = services.GetRequiredService<WorkerLines>();
        return new LocalProvider(
            new LocalOptions
            {
                DataFolder = folder.Root,
                Command = new WorkerCommand(program.Executable, program.Arguments),
                Owner = installation.Word,
                // Workers that run call this address; under another one they would call nobody.
                Generation = socket.BaseAddress.ToString(),
                StopWorkersOnExit = options.StopWorkersOnExit,
            },
            services.GetRequiredService<IWorkQueue>(),
            environment.ForLocalAsync,
            (backend, _, line) => lines.Add(backend.Deployment, line),
            options.Time,
            () => Ids.Encode(RandomNumberGenerator.GetBytes(Ids.RandomBytes)),
            services.GetRequiredService<ILogger<LocalProvider>>());
    }
}
