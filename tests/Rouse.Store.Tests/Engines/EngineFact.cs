using Xunit.Abstractions;
using Xunit.Sdk;

namespace Rouse.Store.Tests.Engines;

/// <summary>
/// A fact of a conformance class: skipped where the class's engine is missing, unless <c>ROUSE_REQUIRE_SERVERS=1</c>. Only the discoverer knows
/// the class that inherits the fact, so it decides.
/// </summary>
[XunitTestCaseDiscoverer("Rouse.Store.Tests.Engines.EngineFactDiscoverer", "Rouse.Store.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class EngineFactAttribute : FactAttribute;

public sealed class EngineFactDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo fact)
    {
        var display = options.MethodDisplayOrDefault();
        var displayOptions = options.MethodDisplayOptionsOrDefault();
        var onPostgres = method.TestClass.Class.BaseType.GetGenericArguments().Any(argument => argument.ToRuntimeType() == typeof(PostgresEngine));
        return onPostgres && PostgresEngine.Missing is { } reason
            ? [new SkippedTestCase(reason, sink, display, displayOptions, method)]
            : [new XunitTestCase(sink, display, displayOptions, method)];
    }
}

public sealed class SkippedTestCase : XunitTestCase
{
    private string _reason = "";

    [Obsolete("For the deserializer only.")]
    public SkippedTestCase()
    {
    }

    public SkippedTestCase(string reason, IMessageSink sink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(sink, display, options, method) => _reason = SkipReason = reason;

    public override void Serialize(IXunitSerializationInfo data)
    {
        base.Serialize(data);
        data.AddValue("reason", _reason);
    }

    public override void Deserialize(IXunitSerializationInfo data)
    {
        base.Deserialize(data);
        _reason = SkipReason = data.GetValue<string>("reason");
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) => _reason;
}
