using Rouse.Contracts.Jobs;
using Rouse.Worker.Engines.OnnxDiffusion.Schedulers;

namespace Rouse.Worker.Tests.Engines;

/// <summary>What doors tell their callers is what the engine takes.</summary>
public sealed class TextToImageBoundsTests
{
    [Fact]
    public void Schedulers_AreTheEnginesOwn() => Assert.Equal(SchedulerKinds.Names.Keys, TextToImageBounds.Schedulers);
}
