using Rouse.Core.Ports;

namespace Rouse.Server.Background;

/// <summary>A call to a provider that ends in time, whatever the provider does about its own.</summary>
internal static class BoundedCall
{
    /// <inheritdoc cref="RunAsync{T}"/>
    public static async ValueTask RunAsync(Func<CancellationToken, ValueTask> call, TimeSpan bound, TimeProvider time, CancellationToken ct) => await RunAsync(
        async token =>
        {
            await call(token);
            return true;
        },
        bound,
        time,
        ct);

    /// <exception cref="ProviderException">What the call throws; <see cref="ProviderFault.Unknown"/> when the bound passed first.</exception>
    public static async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, TimeSpan bound, TimeProvider time, CancellationToken ct)
    {
        if (bound <= TimeSpan.Zero) throw new ProviderException(ProviderFault.Unknown, "No time was left for the call.");
        using var timer = new CancellationTokenSource(bound, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException cancelled) when (!ct.IsCancellationRequested)
        {
            var message = FormattableString.Invariant($"No answer within {bound.TotalSeconds:0.#} s.");
            throw new ProviderException(ProviderFault.Unknown, message, cancelled);
        }
    }
}
