using System.Diagnostics.CodeAnalysis;

namespace Rouse.Server.Auth;

/// <summary>A set of <see cref="Scope"/>. Each of a tenant's holds those before it; <see cref="Scope.Admin"/> stands beside them.</summary>
internal readonly record struct Scopes
{
    private readonly int _bits;

    private Scopes(int bits) => _bits = bits;

    /// <summary>Everything a tenant may do with what is its own.</summary>
    public static Scopes Tenant { get; } = Of(Scope.Keys);

    /// <summary>The operator's.</summary>
    public static Scopes All { get; } = Of(Scope.Keys, Scope.Admin);

    /// <summary>The words callers use, weakest first.</summary>
    public static IReadOnlyList<string> AllWords { get; } = [.. Enum.GetValues<Scope>().Select(Word)];

    public IReadOnlyList<string> Words
    {
        get
        {
            var set = this;
            return [.. Enum.GetValues<Scope>().Where(set.Holds).Select(Word)];
        }
    }

    public static Scopes Of(params ReadOnlySpan<Scope> scopes)
    {
        var bits = 0;
        foreach (var scope in scopes) bits |= scope == Scope.Admin ? 1 << (int)Scope.Admin : (1 << ((int)scope + 1)) - 1;
        return new Scopes(bits);
    }

    /// <returns>False when a word is none of <see cref="AllWords"/>, or there is no word.</returns>
    public static bool TryParse([NotNullWhen(true)] IEnumerable<string>? words, out Scopes scopes)
    {
        scopes = default;
        foreach (var word in words ?? [])
        {
            var scope = Array.FindIndex(Enum.GetValues<Scope>(), scope => Word(scope) == word);
            if (scope < 0) return false;
            scopes = new Scopes(scopes._bits | Of((Scope)scope)._bits);
        }

        return scopes._bits != 0;
    }

    public bool Holds(Scope scope) => (_bits & (1 << (int)scope)) != 0;

    /// <summary>Whether every scope of the other is in this.</summary>
    public bool Hold(Scopes other) => (other._bits & ~_bits) == 0;

    public static string Word(Scope scope) => scope switch
    {
        Scope.Read => "read",
        Scope.Run => "run",
        Scope.Deploy => "deploy",
        Scope.Keys => "keys",
        _ => "admin",
    };

    public override string ToString() => string.Join(' ', Words);
}
