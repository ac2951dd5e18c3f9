using Rouse.Core.Deployments;

namespace Rouse.Core.Models;

public static class WorkerEngines
{
    private static readonly ModelTask[] s_pictures = [ModelTask.TextToImage, ModelTask.ImageToImage];

    public static IReadOnlyList<WorkerEngine> All { get; } = Enum.GetValues<WorkerEngine>();

    /// <summary>As the worker's <c>ROUSE_ENGINE</c> takes it.</summary>
    public static string Word(this WorkerEngine engine) => engine switch
    {
        WorkerEngine.Onnx => "onnx",
        WorkerEngine.Diffusers => "diffusers",
        WorkerEngine.A1111 => "a1111",
        WorkerEngine.Process => "process",
        _ => throw new ArgumentOutOfRangeException(nameof(engine)),
    };

    public static bool TryParse(string? word, out WorkerEngine engine)
    {
        foreach (var one in All)
        {
            if (one.Word() != word) continue;
            engine = one;
            return true;
        }

        engine = default;
        return false;
    }

    public static IReadOnlyList<ModelTask> Tasks(this WorkerEngine engine) => engine switch
    {
        WorkerEngine.Onnx => [ModelTask.TextToImage],
        WorkerEngine.A1111 => s_pictures,
        _ => ModelTasks.All,
    };

    public static bool Serves(this WorkerEngine engine, ModelTask task) => engine.Tasks().Contains(task);

    /// <summary>Its jobs have Rouse's own members for pictures, and so has its output.</summary>
    public static bool SpeaksOurPictures(this WorkerEngine engine) => engine is WorkerEngine.Onnx or WorkerEngine.Diffusers;

    /// <summary>Those of the workers' engines that may be meant, the preferred first; none when they have none for it.</summary>
    /// <param name="asked">Null leaves it to the model. A program of which nothing is known is then chosen only where there is nothing else.</param>
    public static IReadOnlyList<WorkerEngine> Candidates(IReadOnlyList<WorkerEngine> offered, WorkerEngine? asked, ModelTask task)
    {
        List<WorkerEngine> fitting = [.. offered.Where(engine => (asked is null || engine == asked) && engine.Serves(task)).Distinct().Order()];
        if (asked is null && fitting.Count > 1) fitting.Remove(WorkerEngine.Process);
        return fitting;
    }

    /// <summary>For people: <c>onnx, diffusers</c>.</summary>
    public static string Words(IEnumerable<WorkerEngine> engines) => string.Join(", ", engines.Select(Word));
}
