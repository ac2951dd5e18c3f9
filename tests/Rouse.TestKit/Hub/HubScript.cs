using System.Collections.Concurrent;

namespace Rouse.TestKit.Hub;

/// <summary>What goes wrong, and in what order. Each entry of a queue is used up by one answer.</summary>
public sealed class HubScript
{
    /// <summary>Statuses answered in place of listings.</summary>
    public ConcurrentQueue<int> ListStatuses { get; } = new();

    /// <summary>Bodies answered with 200 in place of listings: what a captive portal or a broken mirror says.</summary>
    public ConcurrentQueue<string> ListBodies { get; } = new();

    /// <summary>Listings that never come.</summary>
    public int StalledLists { get; set; }

    /// <summary>Listings whose connection is cut before they are whole.</summary>
    public int CutLists { get; set; }

    /// <summary>While it is set, listings and searches wait for its end.</summary>
    public Task? HoldLists { get; set; }

    /// <summary>Where listings and searches are redirected to; null answers them.</summary>
    public Uri? ListsMovedTo { get; set; }

    /// <summary>Statuses answered in place of file bytes.</summary>
    public ConcurrentQueue<int> FileStatuses { get; } = new();

    /// <summary>Refusals quote the credential they refuse.</summary>
    public bool RepeatsCredentials { get; set; }

    /// <summary>Seconds in <c>Retry-After</c> of 429 and 503; null leaves it out.</summary>
    public int? RetryAfter { get; set; }

    /// <summary>Bytes after which a body's connection is cut.</summary>
    public ConcurrentQueue<long> Cuts { get; } = new();

    /// <summary>File bodies with one wrong byte, in their middle.</summary>
    public int WrongBodies { get; set; }

    /// <summary>File bodies that never come, though their headers do.</summary>
    public int StalledBodies { get; set; }

    /// <summary>Bytes per second of each connection; null for as fast as it goes.</summary>
    public long? BytesPerSecond { get; set; }

    /// <summary>When this changes, addresses given out before are refused with 403.</summary>
    public int AddressGeneration { get; set; }

    /// <summary>Bodies of large files wait for its end after their first half.</summary>
    public Task? HoldBodies { get; set; }

    /// <summary>Only those that begin at or after this byte of their file.</summary>
    public long HoldFrom { get; set; }
}
