using Rouse.Core.Deployments;

namespace Rouse.Providers.Runpod;

/// <summary>What is known of one endpoint beyond the list, forgotten with it. Its members are read and written under the account's lock.</summary>
internal sealed class EndpointMemory
{
    public WorkerLook? Look { get; private set; }

    /// <summary>When we last did something to it that the list may not show yet.</summary>
    public long TouchedAt { get; set; }

    /// <summary>When a job to wake it was last sent.</summary>
    public long? WokenAt { get; set; }

    /// <summary>As <see cref="EndpointView.IsBalancer"/>; the list may not show it yet.</summary>
    public bool IsBalancer { get; set; }

    /// <summary>The most workers it was last seen or ordered with, to wake it with after a hibernation.</summary>
    public int? MaxWorkers { get; set; }

    /// <summary>The image that was last sent to it from here, or is being sent; null while none was.</summary>
    public string? Image { get; set; }

    /// <summary>It was made without the variables we sent, and could not be removed at once.</summary>
    public FailureCause? Broken { get; set; }

    /// <summary>Looks, since a worker was ready or it slept, that found an unhealthy one; and when the first of them was.</summary>
    public int UnhealthyLooks { get; private set; }

    public long UnhealthySince { get; private set; }

    /// <summary>Since when all its workers initialize; null while they do not.</summary>
    public long? InitializingSince { get; private set; }

    /// <summary>Workers are on their way, or nobody knows: looked at before those that are at rest.</summary>
    public bool IsUnsettled => Look is not { } look || (look.Ready == 0 && !look.IsEmpty);

    public void See(WorkerLook look)
    {
        Look = look;
        if (look.Ready > 0 || look.IsEmpty) UnhealthyLooks = 0;
        else if (look.Unhealthy > 0 && UnhealthyLooks++ == 0) UnhealthySince = look.At;
        InitializingSince = look.Total > 0 && look.Initializing == look.Total ? InitializingSince ?? look.At : null;
    }

    /// <returns>Whether it is the caller's to send the image.</returns>
    public bool Claim(string image)
    {
        if (Image == image) return false;
        Image = image;
        return true;
    }

    /// <summary>What was seen is about to change by our own doing.</summary>
    public void Unsee() => Look = null;
}
