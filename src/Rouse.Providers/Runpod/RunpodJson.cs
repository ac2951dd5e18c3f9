using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rouse.Providers.Runpod;

/// <summary>
/// What we send: Runpod refuses a body with an unknown member, so only documented members exist in these records. What we read: members we do not
/// know are passed over, and missing ones are null.
/// </summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateEndpointBody))]
[JsonSerializable(typeof(UpdateEndpointBody))]
[JsonSerializable(typeof(EndpointReply))]
[JsonSerializable(typeof(EndpointListReply))]
[JsonSerializable(typeof(WorkersReply))]
[JsonSerializable(typeof(RunBody))]
[JsonSerializable(typeof(HealthReply))]
[JsonSerializable(typeof(GpuListReply))]
[JsonSerializable(typeof(CreatePodBody))]
[JsonSerializable(typeof(PodActionBody))]
[JsonSerializable(typeof(PodReply))]
[JsonSerializable(typeof(PodListReply))]
[JsonSerializable(typeof(VolumeListReply))]
[JsonSerializable(typeof(BillReply))]
[JsonSerializable(typeof(GraphQlBody))]
[JsonSerializable(typeof(GraphQlReply))]
internal sealed partial class RunpodJson : JsonSerializerContext;
