using System.Reflection;
using Rouse.Core.Deployments;

namespace Rouse.Architecture;

/// <summary>Core decides; it does nothing. Its ports alone speak of work that takes time.</summary>
public sealed class CoreTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Type[] s_slow = [typeof(Task), typeof(Task<>), typeof(ValueTask), typeof(ValueTask<>), typeof(IAsyncEnumerable<>)];

    [Fact]
    public void Core_ReturnsNoTask_OutsideItsPorts()
    {
        var slow = typeof(Reconciler).Assembly.GetTypes()
            .Where(type => type.Namespace != "Rouse.Core.Ports")
            .SelectMany(type => type.GetMethods(Declared))
            .Where(method => IsTask(method.ReturnType))
            .Select(method => $"{method.DeclaringType}.{method.Name}");
        Assert.Empty(slow);
    }

    [Fact]
    public void Core_HasInterfacesAtPortsOnly()
    {
        var interfaces = typeof(Reconciler).Assembly.GetTypes().Where(type => type.IsInterface && type.Namespace != "Rouse.Core.Ports");
        Assert.Empty(interfaces);
    }

    private static bool IsTask(Type type) => s_slow.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
}
