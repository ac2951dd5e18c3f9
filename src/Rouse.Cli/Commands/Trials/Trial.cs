using Rouse.Cli.Api;
using Rouse.Cli.Commands.Deployments;
using Rouse.Cli.Following;
using Rouse.Contracts.Deployments;

namespace Rouse.Cli.Commands.Trials;

/// <summary>
/// A deployment made to be looked at and removed again. Whatever happens in between, a failure, the time limit or Ctrl-C, it is removed before the
/// command ends, and the end is only told once the server has seen that nothing of it is left.
/// </summary>
internal sealed class Trial(Session session, string kind)
{
    /// <summary>Longer than a provider's list lags and a worker takes to finish; who cannot wait interrupts a second time.</summary>
    private static readonly TimeSpan s_cleanup = TimeSpan.FromMinutes(5);

    private readonly List<string> _errors = [];
    private readonly string _key = session.NewKey();

    /// <summary>Nothing was made. Whatever else the answer to the creation was, it may have been done all the same.</summary>
    private bool _isRefused;

    public IReadOnlyList<string> Errors => _errors;

    public bool Interrupted { get; private set; }

    public string? Id { get; private set; }

    public double? CreateMilliseconds { get; private set; }

    public double? ReadySeconds { get; private set; }

    /// <summary>Where the deployment was before it was removed.</summary>
    public string? FinalStatus { get; private set; }

    public int? DeleteStatus { get; private set; }

    /// <summary>The server has seen that its provider holds nothing of it; null when nothing was made.</summary>
    public bool? Released { get; private set; }

    public void Fail(Failure failure) => _errors.Add($"{failure.What} [{failure.Code}]");

    /// <param name="use">What is done with it once it is ready.</param>
    public async Task RunAsync(CreateDeploymentRequest request, TimeSpan timeout, Func<DeploymentView, CancellationToken, Task> use, CancellationToken ct)
    {
        // A name of its own tells a person at the provider's console what this was, and two trials at once are two deployments.
        var named = request with { Name = $"{kind}-{_key[..8]}" };
        using var limit = new Deadline(timeout, session.Time, ct);
        try
        {
            if (await StartAsync(named, limit.Token) is { } ready) await use(ready, limit.Token);
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            Fail(limit.Failure("it was not done", "give it more with --timeout"));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Interrupted = true;
            _errors.Add("interrupted");
        }
        finally
        {
            if (!_isRefused) await RemoveAsync(named);
        }
    }

    private async Task<DeploymentView?> StartAsync(CreateDeploymentRequest request, CancellationToken ct)
    {
        var began = session.Time.GetTimestamp();
        var created = await session.Api.CreateAsync(request, _key, ct);
        if (!created.TryGet(out var accepted, out var failure))
        {
            Fail(failure);
            _isRefused = failure.Exit is ExitCode.Refused or ExitCode.NotFound;
            return null;
        }

        Id = accepted.DeploymentId;
        CreateMilliseconds = Round(session.Time.GetElapsedTime(began).TotalMilliseconds);
        session.Screen.Note($"{Id}  {accepted.ModelId}");
        if (!(await StartViews.FollowAsync(session, Id, ct)).TryGet(out var view, out failure))
        {
            Fail(failure);
            return null;
        }

        if (view.Status is PhaseWords.Ready)
        {
            ReadySeconds = Round(session.Time.GetElapsedTime(began).TotalSeconds);
            return view;
        }

        Fail(DeploymentPages.Failed(view));
        return null;
    }

    private async Task RemoveAsync(CreateDeploymentRequest request)
    {
        if (Interrupted) session.Screen.Note("\nInterrupted: removing the deployment first. A second Ctrl-C leaves that to you.");
        using var limit = new Deadline(s_cleanup, session.Time, CancellationToken.None);
        try
        {
            // Nobody knows whether the request was taken: with its key, asking again makes nothing new and tells the id.
            if (Id is null)
            {
                if (!(await session.Api.CreateAsync(request, _key, limit.Token)).TryGet(out var accepted, out var unknown))
                {
                    _errors.Add($"if {request.Name} was deployed, it is still there: `rouse rm {request.Name}` ({unknown.What})");
                    return;
                }

                Id = accepted.DeploymentId;
            }

            await ReleaseAsync(Id, limit.Token);
        }
        catch (OperationCanceledException) when (limit.HasPassed)
        {
            Fail(limit.Failure($"{Id ?? request.Name} is not released yet", $"rouse wait {Id} --for deleted"));
        }
    }

    private async Task ReleaseAsync(string id, CancellationToken ct)
    {
        if ((await session.Api.GetAsync(id, ct)).TryGet(out var before, out _)) FinalStatus = before.Status;
        Released = false;
        var deleted = await session.Api.DeleteAsync(id, ct);
        DeleteStatus = deleted.TryGet(out var answer, out var failure) ? answer.Status : failure.Status;
        if (failure is null && (await Removal.WaitUntilGoneAsync(session, id, ct)).TryGet(out _, out failure)) Released = true;
        if (failure is not null) _errors.Add($"{id} is still there: {failure.What} [{failure.Code}]");
    }

    private static double Round(double value) => Math.Round(value, 3);
}
