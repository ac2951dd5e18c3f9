namespace Rouse.Server.Features.Catalog;

/// <param name="IsValid">Null when nobody could tell.</param>
/// <param name="Message">For the user; never tells the key.</param>
internal sealed record KeyVerdict(bool? IsValid, string Message);
