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

    /// <summary>It happened, and the caller died before it knew.</summary>
    CrashedAfter,

    /// <summary>The provider said no.</summary>
    Refused,

    /// <summary>What lived was gone before the call was made, which then succeeds.</summary>
    Vanished,
}

internal static class Endings
{
    // For a call without effect, failed and lost are the same, and so are both crashes.
    private static readonly Ending[] s_read = [Ending.Done, Ending.Failed, Ending.CrashedBefore];
    private static readonly Ending[] s_list = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Vanished];
    private static readonly Ending[] s_write = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Lost, Ending.CrashedAfter];
    private static readonly Ending[] s_create = [Ending.Done, Ending.Failed, Ending.CrashedBefore, Ending.Lost, Ending.CrashedAfter, Ending.Refused];

    public static Ending[] Of(Operation operation) => operation switch
    {
        Operation.StoreRead or Operation.ProviderRead => s_read,
        Operation.List => s_list,
        Operation.Create => s_create,
        _ => s_write,
    };
}
