using System.Reflection;

namespace Rouse.Cli;

internal static class ProductVersion
{
    /// <summary>Without the build's commit: <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        (typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];
}
