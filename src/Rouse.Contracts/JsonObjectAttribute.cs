namespace Rouse.Contracts;

/// <summary>On a member that holds any JSON: it must be an object.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class JsonObjectAttribute : Attribute
{
    /// <summary>The fewest members it may have; null: any number.</summary>
    public int? MinProperties => MinMembers > 0 ? MinMembers : null;

    public int MinMembers { get; init; }
}
