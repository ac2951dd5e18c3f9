namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

/// <summary>What the model was trained to predict from a noisy latent.</summary>
internal enum PredictionType
{
    /// <summary>The noise in it.</summary>
    Epsilon,

    /// <summary>√ā·noise − √(1−ā)·clean (Salimans and Ho, 2022).</summary>
    Velocity,

    /// <summary>The clean latent.</summary>
    Sample,
}
