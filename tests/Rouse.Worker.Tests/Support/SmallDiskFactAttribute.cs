namespace Rouse.Worker.Tests.Support;

internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.MissingReason;
}
