using Rouse.Worker.Configuration;
using Rouse.Worker.Engines;
using Rouse.Worker.Engines.Diffusers;
using Rouse.Worker.Engines.Diffusers.Loading;

namespace Rouse.Worker.Tests.Engines.Diffusers;

public sealed class SettingsTests
{
    [Theory]
    [InlineData(null, DiffusersTask.TextToImage)]
    [InlineData("text_to_image", DiffusersTask.TextToImage)]
    [InlineData("image-to-image", DiffusersTask.ImageToImage)]
    [InlineData("text2video", DiffusersTask.TextToVideo)]
    [InlineData("speech_to_text", DiffusersTask.SpeechToText)]
    [InlineData("text2speech", DiffusersTask.TextToSpeech)]
    internal void ATask_IsReadInBothForms(string? word, DiffusersTask expected) => Assert.Equal(expected, Read(("ROUSE_TASK", word)).Settings!.Task);

    [Theory]
    [InlineData("ROUSE_TASK", "video2video", "ROUSE_TASK must be one of text2img, image2img, text2video, text2speech, speech2text, not 'video2video'.")]
    [InlineData("ROUSE_DIFFUSERS_DTYPE", "int8", "ROUSE_DIFFUSERS_DTYPE must be auto, float16, bfloat16 or float32, not 'int8'.")]
    [InlineData("ROUSE_DIFFUSERS_OFFLOAD", "disk", "ROUSE_DIFFUSERS_OFFLOAD must be auto, none, model or sequential, not 'disk'.")]
    public void AWrongWord_IsAFault_AndNoOtherTask(string name, string value, string words) => Assert.Equal(words, Read((name, value)).Fault);

    [Fact]
    public void Wishes_AreRead()
    {
        var settings = Read(("ROUSE_DIFFUSERS_DTYPE", "bfloat16"), ("ROUSE_DIFFUSERS_OFFLOAD", "sequential"), ("ROUSE_DIFFUSERS_SAFETY_CHECKER", "0"), ("ROUSE_DIFFUSERS_PYTHON", "/opt/python")).Settings!;
        Assert.Equal((new LoadWishes(Dtype.Bfloat16, Offload.Sequential), false, "/opt/python"), (settings.Wishes, settings.KeepsSafetyChecker, settings.Python));
    }

    private static (DiffusersSettings? Settings, string? Fault) Read(params (string Name, string? Value)[] set)
    {
        var variables = new Variables(name => name == "ROUSE_ENGINE" ? "diffusers" : set.FirstOrDefault(one => one.Name == name).Value);
        return ((DiffusersSettings?)EngineNames.Read(variables), variables.Fault);
    }
}
