namespace Rouse.TestKit.Hub;

/// <param name="IsContentNetwork">It reached the second origin, where large files lie.</param>
public sealed record HubRequest(bool IsContentNetwork, string Path, string? Range, string? Authorization);
