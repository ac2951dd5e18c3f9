namespace Rouse.Contracts;

/// <summary>Answer of <c>GET /v1/doctor</c>.</summary>
/// <param name="Version">Of the server.</param>
public sealed record DoctorReport(string Version, IReadOnlyList<DoctorCheck> Checks);

/// <param name="Name">What was looked at.</param>
/// <param name="Status"><c>ok</c>, <c>warn</c> or <c>fail</c>.</param>
/// <param name="Message">What was seen.</param>
/// <param name="Next">What to do about it; null when it is ok.</param>
public sealed record DoctorCheck(string Name, string Status, string Message, string? Next = null);

/// <summary>Answer of <c>GET /health</c> and <c>GET /readiness</c>.</summary>
public sealed record StatusReply(string Status);

/// <summary>Answer of <c>GET /</c>.</summary>
public sealed record ServiceReply(string Service, string Version, string Docs);

/// <summary>Answer of <c>GET /metrics</c> with <c>Accept: application/json</c>: the seed's counters.</summary>
public sealed record CounterReply(
    long DeploymentsCreatedTotal, long WebhookDeliveryFailuresTotal, long RunpodApiErrorsTotal, DurationSummary DeploymentsReadyDurationSeconds);

/// <param name="P50">Seconds, over the newest starts; 0 when there was none.</param>
public sealed record DurationSummary(long Count, double P50, double P95, double Sum);

/// <summary>Body of <c>POST /v1/cleanup</c>.</summary>
/// <param name="DryRun">Tell what would be removed and remove nothing. Default false.</param>
public sealed record CleanupRequest(bool? DryRun = null);

/// <summary>Answer of <c>POST /v1/cleanup</c>.</summary>
/// <param name="Unseen">Accounts that could not be looked at.</param>
public sealed record CleanupReport(bool DryRun, IReadOnlyList<OrphanView> Orphans, IReadOnlyList<UnseenAccount> Unseen);

/// <summary>Something that runs in the caller's name and no deployment claims.</summary>
/// <param name="Why">Why nobody claims it.</param>
public sealed record OrphanView(string Provider, string BackendId, string Name, string DeploymentId, string Why)
{
    public bool Removed { get; init; }

    /// <summary>Why it could not be removed.</summary>
    public string? Error { get; init; }
}

public sealed record UnseenAccount(string Provider, string Error);

/// <summary>Answer of <c>POST /v1/secrets/rotate</c>: one step.</summary>
/// <param name="Over">Everything is sealed with <paramref name="Key"/>. While it is false, call again.</param>
/// <param name="Key">The id of the key that seals now.</param>
/// <param name="SealedAnew">Secrets of this step.</param>
/// <param name="Unreadable">Secrets that no key opens; they stay as they are.</param>
/// <param name="KeysResealed">Keys that were put under the present master key.</param>
/// <param name="KeysRemoved">Old keys that nothing needed any more. They stay for two days, for replicas that have not seen the new one.</param>
public sealed record RotationReply(bool Over, string Key, int SealedAnew, int Unreadable, int KeysResealed, int KeysRemoved);
