namespace Rouse.Store.Migrations;

/// <summary>The caller's trace (W3C <c>traceparent</c>), for the work that is done when the request has long been answered; null where nobody traced.</summary>
internal static class M0012_Traces
{
    public static Migration Migration { get; } = new(12, "traces", """
        alter table deployments add column traceparent text;
        alter table jobs add column traceparent text;
        """);
}
