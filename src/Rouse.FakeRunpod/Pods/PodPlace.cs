using System.Text.Json.Nodes;
using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.World;

namespace Rouse.FakeRunpod.Pods;

/// <summary>A machine that could take a pod, and its price.</summary>
internal sealed record PodPlace(RunpodWorld World, string Pool, decimal DollarsPerHour, string DataCenterId)
{
    public Pod Create(Account account, JsonObject settings) =>
        new(World, World.Ids.Next(), account, settings) { Pool = Pool, DollarsPerHour = DollarsPerHour, DataCenterId = DataCenterId };
}
