using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Rouse.Core.Tenancy;

namespace Rouse.Server.Firestore;

/// <summary>Puts documents into Firestore, all of a batch or none.</summary>
/// <param name="token">The service account's access token; asked for anew when the last was refused.</param>
internal sealed class FirestoreClient(FirestoreHostOptions options, HttpMessageInvoker http, Func<bool, CancellationToken, ValueTask<Secret>> token, TimeProvider time)
{
    /// <summary>Firestore's own bound of one commit.</summary>
    public const int MaxWrites = 500;

    /// <summary>A commit answers within a second or is not to be waited for.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(15);

    public async Task<CommitOutcome> CommitAsync(IReadOnlyList<DocumentWrite> writes, CancellationToken ct)
    {
        var outcome = await TryAsync(writes, isNewToken: false, ct);
        return outcome.Kind == CommitKind.Unauthorized ? await TryAsync(writes, isNewToken: true, ct) : outcome;
    }

    private async Task<CommitOutcome> TryAsync(IReadOnlyList<DocumentWrite> writes, bool isNewToken, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Endpoint, $"/v1/{options.Root}:commit"));
            var credential = options.IsEmulator ? "owner" : (await token(isNewToken, either.Token)).Reveal(SecretPurpose.ProviderCall);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
            request.Content = JsonContent.Create(new CommitBody(writes), FirestoreJson.Default.CommitBody);
            using var response = await http.SendAsync(request, either.Token);
            return new CommitOutcome(KindOf(response.StatusCode), $"it answered {(int)response.StatusCode}");
        }
        catch (HttpRequestException error)
        {
            return new CommitOutcome(CommitKind.Busy, $"the connection failed ({error.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new CommitOutcome(CommitKind.Busy, $"no answer within {s_timeout.TotalSeconds} s");
        }
    }

    private static CommitKind KindOf(HttpStatusCode status) => status switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => CommitKind.Done,
        HttpStatusCode.Unauthorized => CommitKind.Unauthorized,
        // What is wrong with one document, and not with the whole.
        HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => CommitKind.Refused,
        _ => CommitKind.Busy,
    };
}
