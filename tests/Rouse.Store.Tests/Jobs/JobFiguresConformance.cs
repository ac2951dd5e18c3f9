using System.Text;
using Rouse.Core.Deployments;
using Rouse.Core.Jobs;
using Rouse.Core.Ports;
using Rouse.Store.Jobs;
using Rouse.Store.Tests.Engines;
using static Rouse.Store.Tests.Engines.StoreWorld;

namespace Rouse.Store.Tests.Jobs;

public sealed class SqliteJobFiguresTests(SqliteEngine engine) : JobFiguresConformance<SqliteEngine>(engine);

public sealed class PostgresJobFiguresTests(PostgresEngine engine) : JobFiguresConformance<PostgresEngine>(engine);

public abstract class JobFiguresConformance<TEngine>(TEngine engine) : IClassFixture<TEngine>
    where TEngine : Engine
{
    [EngineFact]
    public async Task Times_AreThoseOfTheModelsSuccesses_WithWhatTheyRanOn()
    {
        var world = new StoreWorld(engine.Database);
        var figures = new JobFigures(engine.Database);
        var model = $"acme/{world.Tenant}";
        var (mine, others) = (await ReadyAsync(world, model), await ReadyAsync(world, model + "-other"));
        var jobs = new JobStore(engine.Database, new JobLimits(), world.Time);
        await RunAsync(jobs, world, mine, seconds: 4, error: null);
        await RunAsync(jobs, world, mine, seconds: 7, error: null);
        await RunAsync(jobs, world, mine, seconds: 1, error: "It fell over.");
        await RunAsync(jobs, world, others, seconds: 2, error: null);

        var times = await figures.TimesAsync(Spec(model).Model, None);

        Assert.Equal([7.0, 4.0], times.Select(time => time.Took.TotalSeconds));
        Assert.All(times, time => Assert.Equal(("local", "cpu"), (time.Offer.Provider, time.Offer.Hardware)));
    }

    private static async Task<DeploymentId> ReadyAsync(StoreWorld world, string model)
    {
        var id = await world.InsertAsync(Spec(model));
        await world.BeginAsync(id);
        Assert.True(await world.Deployments.RecordBackendAsync(world.Tenant, id, 1, new BackendId(id.Value), None));
        Assert.True(await world.AdvanceAsync(id, Phase.Ready));
        return id;
    }

    private static async Task RunAsync(JobStore jobs, StoreWorld world, DeploymentId deployment, int seconds, string? error)
    {
        var id = JobId.New(world.Time.GetUtcNow(), System.Security.Cryptography.RandomNumberGenerator.GetBytes(JobId.RandomBytes), sync: false);
        await jobs.SubmitAsync(new NewJob(world.Tenant, deployment, id, "{}"u8.ToArray(), null, null, JobTerms.Default), None);
        await jobs.TakeAsync(deployment, "w", 1, None);
        world.Time.Advance(TimeSpan.FromSeconds(seconds));
        await jobs.FinishAsync(deployment, id, new JobResult("w", error is null ? Encoding.UTF8.GetBytes("1") : null, error), None);
    }
}
