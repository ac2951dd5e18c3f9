using Rouse.TestKit.Runpod;

namespace Rouse.FakeRunpod.Tests;

/// <summary>Skipped where Runpod's document is absent, also with <c>ROUSE_REQUIRE_SERVERS=1</c>: it cannot be installed.</summary>
internal sealed class OpenApiFactAttribute : FactAttribute
{
    public OpenApiFactAttribute()
    {
        if (OpenApiCheck.Load() is null) Skip = OpenApiCheck.WhySkipped;
    }
}
