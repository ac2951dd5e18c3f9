namespace Rouse.Fuzz.World;

/// <summary>Secrets that the cases and the host hold; none may come back in an answer.</summary>
internal static class Canaries
{
    public const string OwnerKey = "rk_canary_owner_8f2b51c07d";
    public const string StrangerKey = "rk_canary_stranger_19ce4a77";
    public const string ThirdKey = "rk_canary_third_0b61d2e94f";
    public const string HubToken = "hf_canary_5d0e3b9a41";
    public const string ProviderKey = "rpa_canary_77aa10c3f2";
    public const string StorageKey = "AKIACANARY0F5E6D7C8B";
    public const string StorageSecret = "s3_canary_secret_a1b2c3d4e5";

    public static readonly IReadOnlyList<string> All = [OwnerKey, StrangerKey, ThirdKey, HubToken, ProviderKey, StorageKey, StorageSecret, FakeRunpod.FakeRunpodServer.Key];
}
