using System.Text.Json.Serialization;

namespace Rouse.Worker.Supervision;

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class SupervisionJson : JsonSerializerContext;
