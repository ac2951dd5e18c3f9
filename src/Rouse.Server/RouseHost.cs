using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rouse.Server.Auth;
using Rouse.Server.Composition;
using Rouse.Server.Features.Deployments;
using Rouse.Server.Http;
using Rouse.Server.Stopping;
using Rouse.Store;

namespace Rouse.Server;

/// <summary>A running server: the API, the job plane and the loops behind them, in this process.</summary>
public sealed partial class RouseHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Database _database;
    private readonly DataFolder _folder;
    private readonly ListeningSocket _socket;
    private readonly ListeningSocket? _http2;

    private RouseHost(WebApplication app, Database database, DataFolder folder, ListeningSocket socket, ListeningSocket? http2) =>
        (_app, _database, _folder, _socket, _http2, BaseAddress, Http2Address) = (app, database, folder, socket, http2, socket.BaseAddress, http2?.BaseAddress);

    /// <summary>Where it answers; on loopback when it listens on all interfaces.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The same for HTTP/2 alone; null where that was not asked for.</summary>
    public Uri? Http2Address { get; }

    /// <summary>For tests: what the server is made of.</summary>
    internal IServiceProvider Services => _app.Services;

    /// <summary>Answers requests when this returns.</summary>
    /// <exception cref="RouseHostException">It cannot start as told.</exception>
    public static async Task<RouseHost> StartAsync(RouseHostOptions options, CancellationToken ct = default)
    {
        CheckPools(options.WarmPools);
        _ = OperatorVariables.Of(options);
        var keys = ParseKeys(options);
        var socket = ListeningSocket.Bind(options.Host, options.Port);
        ListeningSocket? http2 = null;
        DataFolder? folder = null;
        Database? database = null;
        WebApplication? app = null;
        try
        {
            http2 = options.Http2Port is { } second ? ListeningSocket.Bind(options.Host, second) : null;
            folder = DataFolder.Open(options.DataFolder);
            database = await OpenAsync(options.Database, folder, ct);
            await AuthServices.ReadStoreAsync(database, keys, options.Time, ct);
            if (!socket.IsLoopback && !keys.Any)
            {
                throw new RouseHostException(
                    $"{options.Host} can be reached from other machines, so callers need keys. Set ROUSE_ADMIN_KEY or ROUSE_API_KEYS, make a key with `rouse keys create --data`, or listen on 127.0.0.1.");
            }

            app = await BuildAsync(options, keys, socket, http2, folder, database, ct);
            await app.StartAsync(ct);
            var host = new RouseHost(app, database, folder, socket, http2);
            LogListening(app.Logger, host.BaseAddress, folder.Root);
            if (!keys.Any) LogDevelopmentMode(app.Logger);
            return host;
        }
        catch
        {
            if (app is not null) await app.DisposeAsync();
            if (database is not null) await database.DisposeAsync();
            folder?.Dispose();
            socket.Dispose();
            http2?.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the server was stopped: by a signal where it handles them, or because <paramref name="ct"/> asked for it, drained first.</summary>
    public async Task WaitForShutdownAsync(CancellationToken ct = default)
    {
        await using var asked = ct.Register(() => _ = DrainAsync());
        await _app.WaitForShutdownAsync(CancellationToken.None);

        async Task DrainAsync()
        {
            await _app.Services.GetRequiredService<Drain>().BeginAsync();
            _app.Lifetime.StopApplication();
        }
    }

    /// <summary>Ends workers, answers what is under way, stops listening.</summary>
    public Task StopAsync(CancellationToken ct = default) => _app.StopAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
        _folder.Dispose();
        _socket.Dispose();
        _http2?.Dispose();
    }

    private static async Task<WebApplication> BuildAsync(
        RouseHostOptions options, ApiKeys keys, ListeningSocket socket, ListeningSocket? http2, DataFolder folder, Database database, CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(RouseHost).Assembly.GetName().Name });
        builder.Configuration.Sources.Clear();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            (options.Edge ?? new EdgeLimits()).ApplyTo(kestrel);
            kestrel.ListenHandle(socket.Handle);
            if (http2 is not null) kestrel.ListenHandle(http2.Handle, static listen => listen.Protocols = HttpProtocols.Http2);
        });
        var bounds = StopBounds.Of(options, socket.IsLoopback);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = bounds.Shutdown);
        builder.Services.AddSingleton(bounds).AddSingleton<Drain>().AddSingleton<IHostLifetime, SignalLifetime>();
        ServerLogging.Configure(builder.Logging, options.Quiet);
        options.Logging?.Invoke(builder.Logging);
        builder.Services.AddRouse(options, keys, socket, folder, database, await Installation.LoadAsync(database, options, folder, ct));
        var app = builder.Build();
        options.Wrap?.Invoke(app);
        app.MapRouse();
        return app;
    }

    private static ApiKeys ParseKeys(RouseHostOptions options)
    {
        try
        {
            return ApiKeys.Parse(options.ApiKeys, options.AdminKey);
        }
        catch (FormatException error)
        {
            throw new RouseHostException($"ROUSE_API_KEYS: {error.Message}", error);
        }
    }

    private static void CheckPools(WarmPoolHostOptions pools)
    {
        try
        {
            WarmPools.Parse(pools);
        }
        catch (FormatException error)
        {
            throw new RouseHostException(error.Message, error);
        }
    }

    internal static async ValueTask<Database> OpenAsync(string? configured, DataFolder folder, CancellationToken ct)
    {
        try
        {
            return await Database.OpenAsync(Location(configured, folder), ct: ct);
        }
        catch (StorageException error)
        {
            throw new RouseHostException($"The store cannot be opened ({error.Code}): {error.Message}", error);
        }
    }

    private static string Location(string? configured, DataFolder folder) =>
        configured is null ? "sqlite:" + folder.Database
        : configured.StartsWith("postgres", StringComparison.Ordinal) ? configured
        : "postgres:" + configured;

    [LoggerMessage(Level = LogLevel.Information, Message = "Rouse listens on {Address}; data in {Folder}")]
    private static partial void LogListening(ILogger logger, Uri address, string folder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Development mode: no keys are configured, so everyone on this machine is the tenant 'local'. Set ROUSE_ADMIN_KEY to change that.")]
    private static partial void LogDevelopmentMode(ILogger logger);
}
