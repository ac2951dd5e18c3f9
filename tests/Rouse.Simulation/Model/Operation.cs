namespace Rouse.Simulation.Model;

/// <summary>What kind of call a replica makes, which decides how it can go wrong.</summary>
internal enum Operation
{
    StoreRead,
    StoreWrite,
    ProviderRead,
    List,
    Create,
    ProviderWrite,
    Wake,
}

/// <summary>How a call ends.</summary>
internal enum Ending
{
    Done,

    /// <summary>It threw, and nothing happened.</summary>
    Failed,

    /// <summary>The caller died before it happened.</summary>
    CrashedBefore,

    /// <summary>It happened, and the caller saw a timeout or a broken connection.</summary>
    Lost,

    /// <summary>The provider said no.</summary>
    Refused,

    /// <summary>The caller died with the request on its way, and it happened as late as it can.</summary>
    CrashedDuring,

    /// <summary>What lived was gone before the call was made, which then succeeds.</summary>
    Vanished,
}

internal static class Endings
{
    // For a call without effect, failed and lost are the same. A crash after a call is the same as one before the next.
    private static readonly Ending[] s_read = [Ending.Done, Ending.Failed, Ending.CrashedBefore];
    private static readonly Ending[] s_list = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Vanished];
    private static readonly Ending[] s_write = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Lost];
    private static readonly Ending[] s_wake = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Lost, Ending.Refused];
    private static readonly Ending[] s_create = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Lost, Ending.CrashedDuring, Ending.Refused];

    public static Ending[] Of(Operation operation) => operation switch
    {
        Operation.StoreRead or Operation.ProviderRead => s_read,
        Operation.List => s_list,
        Operation.Create => s_create,
        Operation.Wake => s_wake,
        _ => s_write,
    };
}
