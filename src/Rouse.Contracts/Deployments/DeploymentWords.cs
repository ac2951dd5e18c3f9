namespace Rouse.Contracts.Deployments;

/// <summary>Words of a deployment request that others than the server check or show too.</summary>
public static class DeploymentWords
{
    /// <summary>Leaves the choice to the server.</summary>
    public const string Auto = "auto";

    /// <summary>For <c>engine</c>.</summary>
    public static IReadOnlyList<string> Engines { get; } = [Auto, "onnx", "diffusers", "a1111", "process"];

    /// <summary>For <c>task</c>; those of others for the same are taken too.</summary>
    public static IReadOnlyList<string> Tasks { get; } = ["text2img", "image2img", "text2video", "text2speech", "speech2text"];
}
