namespace Rouse.FakeRunpod.Billing;

/// <summary>$ per hour of stored gigabytes, from the monthly list prices (docs.runpod.io pods/pricing, 2026-08); a month is 730 hours.</summary>
internal static class StoragePrice
{
    private const decimal HoursPerMonth = 730;
    private const int Terabyte = 1000;

    public static decimal RunningDisk(int gigabytes) => gigabytes * 0.10m / HoursPerMonth;

    public static decimal StoppedDisk(int gigabytes) => gigabytes * 0.20m / HoursPerMonth;

    public static decimal Volume(int gigabytes) =>
        (Math.Min(gigabytes, Terabyte) * 0.07m + Math.Max(0, gigabytes - Terabyte) * 0.05m) / HoursPerMonth;
}
