using Rouse.Core.Deployments;
using Rouse.Core.Models;

namespace Rouse.Core.Tests.Models;

public sealed class WorkerEngineTests
{
    [Fact]
    public void Words_RoundTrip_AndNothingElseParses()
    {
        Assert.All(WorkerEngines.All, engine => Assert.True(WorkerEngines.TryParse(engine.Word(), out var parsed) && parsed == engine));
        Assert.All(ModelTasks.All, task => Assert.True(ModelTasks.TryParse(task.Word(), out var parsed) && parsed == task));
        Assert.All(new[] { "", "Onnx", "auto", null }, word => Assert.False(WorkerEngines.TryParse(word, out _)));
        Assert.All(new[] { "", "TextToImage", "text", null }, word => Assert.False(ModelTasks.TryParse(word, out _)));
    }

    [Theory]
    [InlineData("text_to_image", ModelTask.TextToImage)]
    [InlineData("image-to-image", ModelTask.ImageToImage)]
    [InlineData("text_to_video", ModelTask.TextToVideo)]
    [InlineData("text-to-speech", ModelTask.TextToSpeech)]
    [InlineData("automatic-speech-recognition", ModelTask.SpeechToText)]
    public void OthersWordsForATask_AreTaken(string word, ModelTask task) => Assert.True(ModelTasks.TryParse(word, out var parsed) && parsed == task);

    [Fact]
    public void Candidates_AreWhatIsOfferedAndServes_ThePreferredFirst()
    {
        WorkerEngine[] all = [WorkerEngine.Process, WorkerEngine.A1111, WorkerEngine.Diffusers, WorkerEngine.Onnx];
        Assert.Equal([WorkerEngine.Onnx, WorkerEngine.Diffusers, WorkerEngine.A1111], WorkerEngines.Candidates(all, null, ModelTask.TextToImage));
        Assert.Equal([WorkerEngine.Diffusers, WorkerEngine.A1111], WorkerEngines.Candidates(all, null, ModelTask.ImageToImage));
        Assert.Equal([WorkerEngine.A1111], WorkerEngines.Candidates(all, WorkerEngine.A1111, ModelTask.ImageToImage));
        Assert.Empty(WorkerEngines.Candidates(all, WorkerEngine.Onnx, ModelTask.ImageToImage));
        Assert.Empty(WorkerEngines.Candidates([WorkerEngine.Onnx], WorkerEngine.Diffusers, ModelTask.TextToImage));
        Assert.Empty(WorkerEngines.Candidates([WorkerEngine.Onnx, WorkerEngine.A1111], null, ModelTask.SpeechToText));
    }

    [Fact]
    public void Candidates_HoldAProgramOfWhichNothingIsKnown_OnlyWhereItIsNamedOrAlone()
    {
        WorkerEngine[] offered = [WorkerEngine.Onnx, WorkerEngine.Process];
        Assert.Equal([WorkerEngine.Onnx], WorkerEngines.Candidates(offered, null, ModelTask.TextToImage));
        Assert.Equal([WorkerEngine.Process], WorkerEngines.Candidates(offered, WorkerEngine.Process, ModelTask.TextToImage));
        Assert.Equal([WorkerEngine.Process], WorkerEngines.Candidates(offered, null, ModelTask.TextToVideo));
    }
}
