using Rouse.FakeRunpod.Accounts;
using Rouse.FakeRunpod.Script;

namespace Rouse.FakeRunpod.World;

/// <summary>All resources of one kind.</summary>
internal sealed class Shelf<T>(FakeRunpodScript script, TimeProvider time)
    where T : Resource
{
    private readonly List<T> _all = [];

    public IEnumerable<T> Alive => _all.Where(static item => item.IsAlive);

    public void Add(T item) => _all.Add(item);

    /// <summary>The truth: lists lag, a look-up by id does not.</summary>
    public T? Find(Account account, string id) => _all.Find(item => item.IsAlive && item.Account == account && item.Id == id);

    public T? Find(string id) => _all.Find(item => item.IsAlive && item.Id == id);

    /// <summary>What a list shows, which may be old: <see cref="FakeRunpodScript.ListLag"/>.</summary>
    public IEnumerable<T> List(Account account)
    {
        var seen = time.GetUtcNow() - script.ListLag;
        return _all.Where(item => item.Account == account && item.CreatedAt <= seen && (item.DeletedAt is not { } gone || gone > seen));
    }
}
