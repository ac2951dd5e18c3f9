using Rouse.Core.Deployments;
using Rouse.Core.Ports;

namespace Rouse.Providers.Local;

/// <content>Starting, ending and burying workers.</content>
internal sealed partial class Pool
{
    /// <summary>Takes over what an earlier server left: its workers that still fit, and the logs and jobs of those that are gone.</summary>
    public void TakeOver(IEnumerable<FoundProcess> living)
    {
        foreach (var found in living)
        {
            _workers.Add(new PoolWorker(found.Worker, WorkerProcess.Adopt(found), Tail(found.Worker), Now));
            _lastStart = Now;
            Log.Adopted(_context.Logger, _name, found.Worker, found.Id.Pid);
        }

        foreach (var path in Directory.EnumerateFiles(_folder, "*" + LogSuffix))
        {
            var id = Path.GetFileName(path)[..^LogSuffix.Length];
            if (_workers.Exists(worker => worker.Id == id)) continue;
            var log = Tail(id);
            log.Read(final: true);
            log.Remove();
            _unreleased.Add(id);
        }
    }

    private const string LogSuffix = ".log";

    private async ValueTask DoAsync(PoolStep step)
    {
        var worker = _workers.Find(candidate => candidate.Id == step.Worker);
        switch (step)
        {
            case PoolStep.Start start:
                for (var i = 0; i < start.Count && !_gaveUp; i++) await StartAsync();
                return;
            case PoolStep.Drain drain:
                Log.Draining(_context.Logger, _name, drain.Id, drain.Why);
                if (drain.Fault) worker!.Fault = $"was replaced because {drain.Why}";
                worker!.Enter(Stage.Draining, Now);
                _context.Queue.StopOffering(_name.Deployment, drain.Id);
                // A job may have been given to it meanwhile: only a look from now on tells whether it holds one.
                _stale = true;
                Wake();
                return;
            case PoolStep.Terminate:
                _context.Queue.StopOffering(_name.Deployment, worker!.Id);
                worker.Process.Signal(Libc.SigTerm);
                worker.Enter(Stage.Stopping, Now);
                return;
            case PoolStep.Kill kill:
                Log.Killing(_context.Logger, _name, kill.Id, kill.Crash ?? "it did not end in time");
                worker!.Fault = kill.Crash ?? worker.Fault;
                worker.Process.Signal(Libc.SigKill);
                worker.Enter(Stage.Killed, Now);
                return;
        }
    }

    private async ValueTask StartAsync()
    {
        if (_context.Options.Command.Missing() is { } missing)
        {
            GiveUp(new FailureCause(FailureCodes.WorkerMissing, WorkerMissing(missing)));
            return;
        }

        var id = _context.NewId();
        using var patience = Patience(_ending.Token);
        var environment = await _context.Environment(_name, id, patience.Token);
        // The wish may have changed while we asked; then the next round deals with it.
        if (environment is null) _startAfter = Now + _context.Options.MaxRestartDelay;
        if (environment is null || !_requests.IsEmpty) return;

        var marks = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Marks.Owner] = _context.Options.Owner,
            [Marks.Backend] = _name.ToString(),
            [Marks.Worker] = id,
            [Marks.Generation] = _context.Options.Generation,
        };
        await File.Create(LogPath(id)).DisposeAsync();
        var process = WorkerProcess.Start(_context.Options, _folder, LogPath(id), environment, marks, Wake);
        _workers.Add(new PoolWorker(id, process, Tail(id), Now));
        _lastStart = Now;
        Log.Started(_context.Logger, _name, id, process.ToString());
    }

    private void Bury(PoolWorker worker)
    {
        worker.Log.Read(final: true);
        _workers.Remove(worker);
        _unreleased.Add(worker.Id);
        var facts = worker.Facts(_queue);
        var seen = _queue.Workers.GetValueOrDefault(worker.Id);
        var code = worker.Process.ExitCode;
        var what = worker.Fault ?? ExitStatus.Word(code);
        Log.Exited(_context.Logger, _name, worker.Id, what);

        var clean = worker.EndWanted || (worker.Fault is null && code == 0 && seen is { Ready: true });
        if (Want != Want.Ended && !clean)
        {
            var crash = new Crash(what, facts.Jobs > 0, [.. worker.Log.LastLines]);
            if (worker.Fault is null && code == ExitStatus.Fatal) FailedForGood(crash);
            else Crashed(crash);
        }

        worker.Log.Remove();
        worker.Process.Dispose();
    }

    private void Crashed(Crash crash)
    {
        _crashes.Add(crash);
        _startAfter = Now + _crashes.Pause;
        if (_crashes.IsLoop) GiveUp(_crashes.Cause());
        else _trouble = new BackendTrouble(_crashes.Cause(), Fatal: false);
    }

    private void FailedForGood(Crash crash) =>
        GiveUp(new FailureCause(FailureCodes.EngineFailed, $"The worker reported a fatal fault and {crash.What}; {crash.Lines}"));

    private void GiveUp(FailureCause cause)
    {
        // One works or still may: that a second one does not, for lack of memory say, is no reason to end the deployment.
        var fatal = !_workers.Exists(other => other.Facts(_queue).Stage is Stage.Starting or Stage.Ready);
        Log.GaveUp(_context.Logger, _name, fatal ? "the backend" : "growing", cause.Code, cause.Message);
        _gaveUp = fatal;
        _growAfter = Now + _context.Options.GrowthPause;
        _trouble = new BackendTrouble(cause, fatal);
    }

    private void Forgive()
    {
        _crashes.Clear();
        (_gaveUp, _trouble, _startAfter, _growAfter) = (false, null, DateTimeOffset.MinValue, DateTimeOffset.MinValue);
    }

    /// <summary>Kills processes that carry this backend's mark and are not, or do not belong to, one of its workers.</summary>
    private int EndStrays(IEnumerable<FoundProcess> living)
    {
        _strayCheckAt = Now;
        var strays = living
            .Where(found => found.Backend == _observed.Id.Value && !_workers.Exists(worker => worker.Id == found.Worker)).ToList();
        foreach (var stray in strays) ProcFs.Signal(stray.Id, Libc.SigKill);
        return strays.Count;
    }

    /// <summary>Last in a round: when the queue cannot be reached the rest has been done, and the next round tries again.</summary>
    private async ValueTask ReleaseAsync()
    {
        foreach (var id in _unreleased.ToList())
        {
            using var patience = Patience(CancellationToken.None);
            await _context.Queue.ReleaseAsync(_name.Deployment, id, patience.Token);
            _unreleased.Remove(id);
        }
    }

    private void Finish()
    {
        if (_file.Deleted)
        {
            Directory.Delete(_folder, recursive: true);
            Log.Removed(_context.Logger, _name);
        }

        _over = true;
    }

    public static string WorkerMissing(string path) =>
        $"The worker program '{path}' is not on this machine. Build Rouse.Worker, or name another one in ROUSE_WORKER, and start the server again.";

    private LogTail Tail(string id) => new(LogPath(id), _context.Options.LogCapBytes, line => _context.Logs(_name, id, line));

    private string LogPath(string id) => Path.Combine(_folder, id + LogSuffix);
}
