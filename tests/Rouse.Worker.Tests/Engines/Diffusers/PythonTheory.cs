namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <inheritdoc cref="PythonFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("ROUSE_REQUIRE_SERVERS") != "1" && !PythonFactAttribute.HasPython) Skip = "Needs python3, which is not installed.";
    }
}
