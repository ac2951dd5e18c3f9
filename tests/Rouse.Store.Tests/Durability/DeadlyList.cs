using System.Collections;
using System.Diagnostics;
using System.Globalization;
using Rouse.Store.Migrations;

namespace Rouse.Store.Tests.Durability;

/// <summary>The released migrations and some more, in the middle of which the process is gone as if by <c>kill -9</c>.</summary>
internal sealed class DeadlyList(int step) : IReadOnlyList<Migration>
{
    public const int Extra = 3;

    public int Count => Migration.All.Count + Extra;

    public Migration this[int index] => index < Migration.All.Count
        ? Migration.All[index]
        : new Migration(index + 1, "extra", string.Create(CultureInfo.InvariantCulture, $"create table extra_{index} (id {{int}} primary key)"));

    public IEnumerator<Migration> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            if (i == step) Process.GetCurrentProcess().Kill();
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
