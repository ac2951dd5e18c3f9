namespace Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

internal enum SchedulerKind
{
    Euler,
    EulerAncestral,
    Ddim,
    Lcm,
}

/// <summary>The words the job input and its answer use.</summary>
internal static class SchedulerKinds
{
    public static IReadOnlyDictionary<string, SchedulerKind> Names { get; } = new Dictionary<string, SchedulerKind>(StringComparer.Ordinal)
    {
        ["euler"] = SchedulerKind.Euler,
        ["euler_ancestral"] = SchedulerKind.EulerAncestral,
        ["ddim"] = SchedulerKind.Ddim,
        ["lcm"] = SchedulerKind.Lcm,
    };

    public static string Word(this SchedulerKind kind) => Names.First(pair => pair.Value == kind).Key;
}
