namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

internal enum TimestepSpacing
{
    Leading,
    Trailing,
    Linspace,
}
