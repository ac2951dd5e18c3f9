using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

/// <summary>Whose a listed backend is.</summary>
/// <param name="Row">The deployment whose name it carries; null when there is none.</param>
/// <param name="WhyNobodys">Null when a deployment claims it.</param>
internal sealed record Claim(DeploymentState? Row, string? WhyNobodys)
{
    /// <summary>It carries the name of a deployment that this store never knew.</summary>
    public bool IsStranger => Row is null;
}

/// <summary>Judges backends against rows. The list must be read first: what is created after a row was read would look like nobody's.</summary>
internal sealed class Claims(ReconcilePorts ports)
{
    public async ValueTask<Claim> JudgeAsync(ProviderAccount account, ObservedBackend backend, CancellationToken ct)
    {
        if (await ports.Store.LoadAsync(account.Tenant, backend.Name.Deployment, ct) is not { } row) return new Claim(Row: null, "belongs to no deployment");
        if (WhyNot(row, backend) is not { } why) return new Claim(row, WhyNobodys: null);
        var isShared = ports.Providers[account.Provider].Traits.For(row.Spec).HasOwnQueue
            && (await ports.Store.UsedByOthersAsync(account.Tenant, row.Id, [backend.Id], ct)).Count > 0;
        return new Claim(row, isShared ? null : why);
    }

    private static string? WhyNot(DeploymentState row, ObservedBackend backend) =>
        row.Phase.IsEnded() ? $"its deployment is {row.Phase.Word()}"
        : backend.Name.Attempt != row.Attempt ? $"it is of attempt {backend.Name.Attempt}, the deployment is at {row.Attempt}"
        : row.Backend is { } id ? (id == backend.Id ? null : "the deployment uses another backend")
        : row.Outcome == AttemptOutcome.Refused ? "its attempt was given up"
        : null;
}
