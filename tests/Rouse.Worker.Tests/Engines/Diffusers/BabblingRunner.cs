using Rouse.Contracts.Secrecy;
using Rouse.Worker.Engines.Diffusers.Runners;
using Rouse.Worker.Lifetime;
using Rouse.Worker.Reports;

namespace Rouse.Worker.Tests.Engines.Diffusers;

/// <summary>A process in the runner's place that says what a test has it say.</summary>
internal sealed class BabblingRunner : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rouse-babble-").FullName;

    /// <param name="says">In Python, to the first order.</param>
    public RunnerProcess Start(string says, bool reads = true)
    {
        var python = Path.Combine(_folder, "python");
        File.WriteAllText(Path.Combine(_folder, "babble.py"), $"""
            import json, struct, sys, time
            pipe = sys.stdout.buffer
            def say(message, payload=b""):
                text = json.dumps(message).encode()
                pipe.write(struct.pack("<II", len(text), len(payload)) + text + payload)
                pipe.flush()
            if {reads}:
                sys.stdin.buffer.read(8)
                {says}
            time.sleep(600)
            """);
        File.WriteAllText(python, $"#!/bin/sh\nexec python3 '{_folder}/babble.py'\n");
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return RunnerProcess.Start(python, new WorkerLog(TextWriter.Null, TimeProvider.System, new SecretMask([])), new Clock(TimeProvider.System, static () => 0));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
