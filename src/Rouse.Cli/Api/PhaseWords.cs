namespace Rouse.Cli.Api;

/// <summary>The words of <c>/v1</c> for where a deployment is, in the order of a life.</summary>
internal static class PhaseWords
{
    public const string Ready = "ready";
    public const string Failed = "failed";
    public const string Deleting = "deleting";
    public const string Deleted = "deleted";

    public static IReadOnlyList<string> All { get; } =
    [
        "accepted_cold", "validating", "selecting_gpu", "creating_endpoint", "downloading_model", "loading_model", "warming",
        Ready, "hibernated", Deleting, Failed, Deleted,
    ];

    public static bool IsDeleted(string phase) => phase is Deleted;

    /// <summary>Neither can become ready any more.</summary>
    public static bool IsEnding(string phase) => phase is Failed or Deleting or Deleted;

    /// <summary>On the way to ready: for such a phase, having passed it is as good as being in it.</summary>
    public static bool IsStarting(string phase) => Rank(phase) < Rank(Ready);

    public static bool HasReached(string phase, string wanted)
    {
        if (string.Equals(phase, wanted, StringComparison.Ordinal)) return true;
        if (IsEnding(phase)) return phase is Deleted && wanted is Deleting;
        return IsStarting(wanted) && Rank(phase) > Rank(wanted);
    }

    /// <summary>For people: <c>loading model</c>.</summary>
    public static string Spoken(string phase) => phase switch
    {
        "accepted_cold" => "accepted",
        "selecting_gpu" => "selecting GPU",
        _ => phase.Replace('_', ' '),
    };

    private static int Rank(string phase)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (string.Equals(All[i], phase, StringComparison.Ordinal)) return i;
        }

        return -1;
    }
}
