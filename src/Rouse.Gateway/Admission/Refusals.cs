using Rouse.Core.Scheduling;

namespace Rouse.Gateway.Admission;

internal static class Refusals
{
    public static Refusal Of(in AdmissionRefusal refusal) => new(Of(refusal.Reason), refusal.RetryAfter, refusal.Position) { ExpectedWait = refusal.ExpectedWait };

    private static RefusalReason Of(AdmissionReason reason) => reason switch
    {
        AdmissionReason.QueueFull => RefusalReason.QueueFull,
        AdmissionReason.QueueBytesFull => RefusalReason.QueueBytesFull,
        AdmissionReason.TenantFull => RefusalReason.TenantFull,
        AdmissionReason.WakeTimeout => RefusalReason.WakeTimeout,
        AdmissionReason.BusyTimeout => RefusalReason.BusyTimeout,
        AdmissionReason.Stopping => RefusalReason.Stopping,
        _ => RefusalReason.Ended,
    };
}
