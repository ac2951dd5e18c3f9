using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rouse.Contracts.Deployments;
using Rouse.Core.Tenancy;
using Rouse.FakeRunpod;
using Rouse.FakeRunpod.Workers;
using Rouse.Onnx.Samples.TinyDiffusion;
using Rouse.Server.Tests.Host;
using Rouse.TestKit.Hub;
using Rouse.TestKit.Postgres;
using Rouse.TestKit.Secrets;
using Rouse.TestKit.Time;

namespace Rouse.Server.Tests.Secrets;

/// <summary>
/// A whole server all of whose secrets are canaries, among others that repeat what they are told: hub, Runpod, receivers of webhooks. Everything it
/// says, logs and stores is looked at.
/// </summary>
internal sealed class CanaryWorld : IAsyncDisposable
{
    public const string Model = "org/tiny";
    public const string Gated = "org/gated";

    private readonly string _model = Path.Combine(Directory.CreateTempSubdirectory("rouse-model-").FullName, "tiny");
    private readonly string? _database;
    private readonly Ear _ear;

    private CanaryWorld(string? database)
    {
        _ear = new Ear(Cage);
        Witness = new Witness(Cage);
        foreach (var kind in new[] { OwnRunpodKey, CallersRunpodKey, UserRunpodKey }) Cage.Add(Canary.New(kind, "rpa_"));
        foreach (var kind in new[] { HubToken, WrongHubToken }) Cage.Add(Canary.New(kind, "hf_"));
        Cage.Add(Canary.New(ApiKey, "rouse_"));
        Cage.Add(Canary.New(OtherApiKey));
        Cage.Add(Canary.New(AdminKey));
        foreach (var kind in new[] { MasterKey, OldMasterKey }) Cage.Add(Canary.NewKey(kind));
        foreach (var kind in new[] { JobAccessId, UserAccessId, OperatorAccessId }) Cage.Add(Canary.New(kind, "AKIA"));
        foreach (var kind in new[] { JobSecretKey, UserSecretKey, OperatorSecretKey }) Cage.Add(Canary.New(kind, alphabet: "+/"));
        Cage.Add(Canary.New(ServiceVariable));
        Cage.Add(Canary.New(DatabasePassword, alphabet: "+/%$"));
        if (database is not null) _database = new NpgsqlConnectionStringBuilder(database["postgres:".Length..]) { Password = Cage[DatabasePassword] }.ConnectionString;
    }

    public const string OwnRunpodKey = "the server's Runpod key", CallersRunpodKey = "a caller's Runpod key", UserRunpodKey = "user_runpod_key",
        HubToken = "hub token", WrongHubToken = "a hub token that is refused", ApiKey = "API key", OtherApiKey = "another API key",
        AdminKey = "admin key", MasterKey = "master key", OldMasterKey = "master key before",
        UserAccessId = "user_aws_access_key_id", UserSecretKey = "user_aws_secret_access_key",
        OperatorAccessId = "AWS_ACCESS_KEY_ID", OperatorSecretKey = "AWS_SECRET_ACCESS_KEY",
        JobAccessId = "s3Config.accessId", JobSecretKey = "s3Config.accessSecret", DatabasePassword = "database password", ServiceVariable = "a service's variable", AttemptToken = "an attempt's secret";

    public CanaryCage Cage { get; } = new();

    public Witness Witness { get; }

    public Parrot Parrot { get; } = new();

    public SimulatedWorkers Workers { get; } = new(TimeProvider.System);

    public FakeHub Hub { get; private set; } = null!;

    public FakeRunpodServer Runpod { get; private set; } = null!;

    public CanarySink Sink { get; private set; } = null!;

    /// <summary>Takes all and understands nothing: what a store's address may lead to.</summary>
    public CanarySink ObjectStore { get; private set; } = null!;

    public TestServer Server { get; private set; } = null!;

    public int Answers => _ear.Answers;

    public static async Task<CanaryWorld> StartAsync(bool onPostgres)
    {
        var world = new CanaryWorld(onPostgres ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : null);
        TinyDiffusionModel.Write(world._model, seed: 1);
        world.Hub = await FakeHub.StartAsync(world.Repository(Model), world.Repository(Gated, gated: true));
        world.Hub.OtherToken = world.Cage[HubToken];
        world.Hub.Script.RepeatsCredentials = true;
        world.Runpod = await FakeRunpodServer.StartAsync(new FakeRunpodOptions { Runner = world.Workers });
        world.Runpod.AddAccount("first", 50, world.Cage[OwnRunpodKey]);
        world.Runpod.AddAccount("second", 50, world.Cage[UserRunpodKey]);
        world.Runpod.AddAccount("third", 50, world.Cage[CallersRunpodKey]);
        world.Sink = await CanarySink.StartAsync(world.Cage);
        // The id of a key stands in each signed request to its store; the key itself never does.
        world.ObjectStore = await CanarySink.StartAsync(world.Cage, UserAccessId, OperatorAccessId);
        world.Server = await TestServer.StartAsync(world.Options, world._ear);
        world.Authorize();
        return world;
    }

    /// <summary>Stops it in the middle of whatever it does and starts it again on what it left.</summary>
    public async Task RestartAsync()
    {
        LookAtFolder("after a stop");
        await Server.RestartAsync(Options);
        Authorize();
    }

    public async Task<DeploymentView> UntilAsync(string id, Func<DeploymentView, bool> expected)
    {
        var seen = await Server.GetAsync(id);
        try
        {
            await Eventually.TrueAsync(async () => expected(seen = await Server.GetAsync(id)));
            return seen;
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{seen.Status}, error {seen.ErrorCode} {seen.Error}, waits for {seen.WaitingFor}", late);
        }
    }

    /// <summary>Whatever comes of it; only that nothing gets out matters.</summary>
    public async Task<int> SendRawAsync(HttpMethod method, string path, string? body = null, string? authorization = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await Server.Http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        return (int)response.StatusCode;
    }

    /// <summary>Past the ear: for the one answer that shows a new secret.</summary>
    public async Task<(int Status, JsonElement Body)> SendUnheardAsync(HttpMethod method, string path, string? body = null, string? authorization = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(Server.Host.BaseAddress, path));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("Authorization", authorization ?? $"Bearer {Cage[ApiKey]}");
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>What lies on the disk and in the database while the server runs.</summary>
    public async Task LookAtStoreAsync(string when)
    {
        LookAtFolder(when);
        if (_database is null) return;
        await using var source = NpgsqlDataSource.Create(_database);
        await using var connection = await source.OpenConnectionAsync();
        List<string> tables = [];
        await using (var command = new NpgsqlCommand("select table_name from information_schema.tables where table_schema = 'public'", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        }

        Assert.Contains("secrets", tables);
        foreach (var table in tables)
        {
            // As bytes are kept, and as a dump writes them.
            await using var raw = await connection.BeginRawBinaryCopyAsync($"copy \"{table}\" to stdout (format binary)");
            var bytes = new MemoryStream();
            await raw.CopyToAsync(bytes);
            Cage.Look($"table {table} {when}", bytes.ToArray());
            await raw.DisposeAsync();
            using var text = await connection.BeginTextExportAsync($"copy \"{table}\" to stdout");
            Cage.Look($"dump of table {table} {when}", await text.ReadToEndAsync());
        }
    }

    /// <summary>Ends the server and says what got out.</summary>
    public async Task<IReadOnlyCollection<string>> EndAsync()
    {
        await LookAtStoreAsync("while it runs");
        await Server.Host.DisposeAsync();
        await LookAtStoreAsync("after its end");
        _ear.LookAtBodies();
        foreach (var call in Runpod.Calls) Cage.Look($"address of a call to Runpod, {call.Method}", call.Path + call.Query);
        return Cage.Escapes;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _ear.Dispose();
        await Runpod.DisposeAsync();
        await Hub.DisposeAsync();
        await Sink.DisposeAsync();
        await ObjectStore.DisposeAsync();
        Witness.Dispose();
        Directory.Delete(Path.GetDirectoryName(_model)!, recursive: true);
    }

    private void LookAtFolder(string when) => Cage.LookAtFiles($"file ({when})", Server.Folder);

    private void Authorize() => Server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Cage[ApiKey]);

    private RouseHostOptions Options(RouseHostOptions options)
    {
        var changed = options with
        {
            HubEndpoint = Hub.Endpoint,
            Database = _database,
            ApiKeys = $"alice={Cage[ApiKey]},bob={Cage[OtherApiKey]}",
            AdminKey = Cage[AdminKey],
            MasterKey = new Secret(Cage[MasterKey]),
            OldMasterKey = new Secret(Cage[OldMasterKey]),
            EgressAllow = "127.0.0.1",
            SharedCache = new CacheHostOptions
            {
                Url = "s3://models/rouse", AccessKeyId = Cage[OperatorAccessId], SecretAccessKey = Cage[OperatorSecretKey], Endpoint = ObjectStore.Origin, AllowedModels = [Model],
            },
            Limits = standard => standard with { Poll = TimeSpan.FromSeconds(0.5), RetryDelay = TimeSpan.FromSeconds(1), CapacityPatience = TimeSpan.FromSeconds(1) },
            Logging = logging =>
            {
                logging.AddProvider(Witness);
                logging.AddFilter<Witness>(category: null, LogLevel.Trace);
            },
            Runpod = new RunpodHostOptions
            {
                ApiKey = Cage[OwnRunpodKey],
                Image = "rouse/worker:test",
                ApiUrl = Runpod.ManagementUrl,
                JobsUrl = Runpod.JobsUrl,
                WorkersRunHere = true,
                Handler = () => new Shared(Parrot),
                Tune = standard => standard with
                {
                    RequestTimeout = TimeSpan.FromSeconds(2), CallTimeout = TimeSpan.FromSeconds(4), ListLag = TimeSpan.FromSeconds(0.5),
                    ListFreshness = TimeSpan.FromSeconds(0.2), ListSpacing = TimeSpan.FromSeconds(0.1), ReadsPerSecond = 50, ReadBurst = 50,
                },
            },
        };
        // Options must not print what they hold.
        foreach (var printed in new object[] { changed, changed.Runpod, changed.SharedCache }) Cage.Look($"{printed.GetType().Name}.ToString()", printed.ToString()!);
        return changed;
    }

    private FakeRepository Repository(string id, bool gated = false)
    {
        var repository = new FakeRepository(id) { IsGated = gated };
        foreach (var file in Directory.EnumerateFiles(_model, "*", SearchOption.AllDirectories))
        {
            repository.With(FakeFile.Of(Path.GetRelativePath(_model, file), File.ReadAllBytes(file)));
        }

        return repository;
    }

    /// <summary>The server disposes its handler at each stop; the parrot outlives that.</summary>
    private sealed class Shared(HttpMessageHandler inner) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _inner = new(inner, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _inner.SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing) _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
