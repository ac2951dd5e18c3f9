using System.Diagnostics.CodeAnalysis;
using Rouse.Core.Models;

namespace Rouse.Server.Hub;

/// <summary>What looking at a repository came to: its facts, or why there are none.</summary>
internal sealed record HubLook
{
    private HubLook(ModelFacts? facts, HubFault? fault) => (Facts, Fault) = (facts, fault);

    public ModelFacts? Facts { get; }

    public HubFault? Fault { get; }

    public bool TryGet([NotNullWhen(true)] out ModelFacts? facts, [NotNullWhen(false)] out HubFault? fault)
    {
        (facts, fault) = (Facts, Fault);
        return facts is not null;
    }

    public static implicit operator HubLook(ModelFacts facts) => new(facts, null);

    public static implicit operator HubLook(HubFault fault) => new(null, fault);
}
