namespace Rouse.FakeRunpod.Pods;

public enum PodState
{
    /// <summary>Has a machine; its image is being pulled.</summary>
    Provisioning,
    Starting,
    Running,

    /// <summary>Stopped: keeps its disk and its machine, but not the machine's GPU.</summary>
    Exited,

    /// <summary>Its container crashed.</summary>
    Error,
}
