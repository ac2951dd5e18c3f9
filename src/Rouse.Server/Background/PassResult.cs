using System.Runtime.InteropServices;
using Rouse.Core.Ports;

namespace Rouse.Server.Background;

/// <summary>What a pass leaves to its caller.</summary>
/// <param name="Again">When to look again at the latest; null when only news changes anything, or <paramref name="Fault"/> decides it.</param>
/// <param name="Fault">What the provider answered in place of what was asked: look again, later the more often it happens.</param>
/// <param name="Account">Whose calls it was answered to; null when that is not known.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PassResult(TimeSpan? Again, ProviderException? Fault, ProviderAccount? Account = null)
{
    public static PassResult Done { get; }

    public static PassResult LookAgain(TimeSpan? after) => new(after, Fault: null);

    public static PassResult Failed(ProviderException fault, ProviderAccount? account) => new(Again: null, fault, account);
}
