namespace Rouse.Worker.Engines.Diffusers.Loading;

/// <summary>Numbers that the model computes with.</summary>
internal enum Dtype
{
    Float16,
    Bfloat16,
    Float32,
}

/// <summary>What waits in main memory until its turn, and how much slower that is.</summary>
internal enum Offload
{
    /// <summary>All of the model lies on the GPU.</summary>
    None,

    /// <summary>One component at a time lies there.</summary>
    Model,

    /// <summary>One layer at a time lies there: many times slower, and fits nearly everywhere.</summary>
    Sequential,
}

internal static class LoadWords
{
    public static string Word(this Dtype dtype) => dtype switch
    {
        Dtype.Float16 => "float16",
        Dtype.Bfloat16 => "bfloat16",
        _ => "float32",
    };

    public static string Word(this Offload offload) => offload switch
    {
        Offload.None => "none",
        Offload.Model => "model",
        _ => "sequential",
    };

    /// <summary>Bytes of one number.</summary>
    public static int Size(this Dtype dtype) => dtype == Dtype.Float32 ? 4 : 2;
}
