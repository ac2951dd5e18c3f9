using System.Globalization;

namespace Rouse.Worker.Weights;

/// <summary>Bytes for people: <c>1.5 MiB</c>.</summary>
internal static class ByteText
{
    public static string Of(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB")
        : bytes < 1L << 30
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.00} GiB");
}
