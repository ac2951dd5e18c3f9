using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Rouse.Store.Secrets;

namespace Rouse.Server.Secrets;

/// <summary>
/// Where Data Protection keeps its ring: in the database, each key sealed as a whole. The framework's own encryptors would name the type that
/// decrypts inside each key, and leave the rest of it open.
/// </summary>
internal sealed class SealedKeyRing(SealedKeyStore store, MasterKeys masters) : IXmlRepository
{
    private const string Prefix = "ring:";

    public static string NameOf(Guid key) => $"{Prefix}key-{key}";

    public static bool IsRing(SealedKey key) => key.Name.StartsWith(Prefix, StringComparison.Ordinal);

    public static SealedKey Seal(MasterKeys masters, string friendlyName, XElement element) =>
        masters.Seal(Prefix + friendlyName, Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting)));

    // The framework asks synchronously: at the start, once a day, and when a key is met that is not known yet.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. store.ListAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult().Where(IsRing).Select(key => XElement.Parse(Encoding.UTF8.GetString(masters.Open(key))))];

    public void StoreElement(XElement element, string friendlyName) =>
        _ = store.GetOrAddAsync(Seal(masters, friendlyName, element), CancellationToken.None).AsTask().GetAwaiter().GetResult();
}
