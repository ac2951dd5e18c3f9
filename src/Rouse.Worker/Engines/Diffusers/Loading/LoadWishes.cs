namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>What the operator decided instead of the engine.</summary>
/// <param name="Dtype">Null: decided by the machine.</param>
/// <param name="Offload">Null: decided by the GPU's memory.</param>
internal sealed record LoadWishes(Dtype? Dtype, Offload? Offload)
{
    public static LoadWishes None { get; } = new(null, null);
}
