using System.Text.Json;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Engines.Diffusers.Sounds;
using Rouse.Worker.Engines.Images;

namespace Rouse.Worker.Engines.Diffusers;

/// <summary>Gathers files as the runner sends them. It sends raw pixels and samples: how files look is the worker's matter, and the same for every engine.</summary>
internal sealed class MadeFiles
{
    private readonly List<OutputFile> _files = [];
    private int _width, _height, _frames;

    public void Add(RunnerAnswer made)
    {
        var (body, payload) = (made.Body, made.Payload);
        var seed = body.GetProperty("seed").GetInt64();
        switch (body.GetProperty("kind").GetString())
        {
            case "pixels":
                (_width, _height) = (Number("width"), Number("height"));
                _files.Add(new OutputFile("image/png", PngWriter.Write(payload.Span, _width, _height), seed));
                break;
            case "film":
                (_width, _height, _frames) = (Number("width"), Number("height"), Number("frames"));
                _files.Add(new OutputFile("video/mp4", payload, seed));
                break;
            default:
                _files.Add(new OutputFile("audio/wav", WavWriter.Write(payload.Span, Number("rate")), seed));
                break;
        }

        int Number(string name) => body.GetProperty(name).GetInt32();
    }

    public RunnerResult Finish(JsonElement answer) => new(_files, _width, _height, _frames, answer);
}
