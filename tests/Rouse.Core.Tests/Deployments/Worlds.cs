using Rouse.Core.Deployments;
using Rouse.Core.Hardware;
using Rouse.Core.Models;
using Rouse.Core.Ports;
using Rouse.Core.Tenancy;

namespace Rouse.Core.Tests.Deployments;

/// <summary>Rows and backends to plan for, at one fixed moment.</summary>
internal static class Worlds
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly TenantId Tenant = TenantId.Parse("tenant");
    public static readonly DeploymentId Id = DeploymentId.FromRandom(new byte[Ids.RandomBytes]);
    public static readonly ReconcileLimits Limits = new() { Settle = TimeSpan.FromSeconds(30) };
    public static readonly Offer Small = new("test", "small", 24, 1m);
    public static readonly Offer Large = new("test", "large", 48, 2m);

    public static readonly DeploymentState Accepted = new()
    {
        Tenant = Tenant,
        Id = Id,
        Spec = new DeploymentSpec { Model = ModelRef.Parse("hf:org/name") },
        CreatedAt = Now.AddMinutes(-1),
        Deadline = Now.AddMinutes(29),
    };

    /// <summary>An attempt was begun and nothing is known of it.</summary>
    public static readonly DeploymentState Pending = Accepted with
    {
        Phase = Phase.CreatingEndpoint, Attempt = 1, AttemptAt = Now.AddSeconds(-5), Outcome = AttemptOutcome.Pending, Offer = Small, Tried = [Small.Key()],
    };

    public static readonly DeploymentState Created = Pending with { Outcome = AttemptOutcome.Created, Backend = new BackendId("one") };

    public static readonly DeploymentState Ready = Created with { Phase = Phase.Ready, AttemptAt = Now.AddHours(-1), Deadline = Now.AddMinutes(-30) };

    public static DeploymentState Refused(string code, int secondsAgo = 1) => Pending with
    {
        Outcome = AttemptOutcome.Refused, Refusal = new FailureCause(code, "No."), AttemptAt = Now.AddSeconds(-secondsAgo),
    };

    public static ObservedBackend Backend(
        string id, int attempt, int ready = 0, BackendTrouble? trouble = null, BackendStatus status = BackendStatus.Starting) =>
        new(new BackendId(id), new BackendName(OwnerPrefix.For("rouse", Tenant), Id, attempt), status, ready, 1, trouble);

    public static ReconcilePlan Plan(DeploymentState row, params ObservedBackend[] observed) =>
        Reconciler.Plan(row, observed, offers: null, Now, Limits);

    public static ReconcilePlan PlanWith(DeploymentState row, params Offer[] offers) =>
        Reconciler.Plan(row, [], OfferRanking.InGivenOrder(offers), Now, Limits);

    /// <summary>What a plan does, in words.</summary>
    public static string[] Brief(ReconcilePlan plan) => [.. plan.Steps.Select(step => step switch
    {
        ReconcileStep.StartAttempt start => $"Start {start.Number} {start.Offer.Hardware}, tried {string.Join(' ', start.Tried.Select(key => key.Split('/')[1]))}",
        ReconcileStep.Adopt adopt => $"Adopt {adopt.Backend}",
        ReconcileStep.Delete delete => $"Delete {delete.Backend}",
        ReconcileStep.GiveUp up => $"GiveUp {up.Backend} {up.Cause.Code}",
        ReconcileStep.Note note => $"Note {note.Cause?.Code}",
        ReconcileStep.Advance advance => $"Advance {advance.To} {advance.Cause?.Code}".TrimEnd(),
        _ => step.GetType().Name,
    })];
}
