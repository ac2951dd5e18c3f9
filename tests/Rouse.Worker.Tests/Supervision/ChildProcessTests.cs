using System.Collections;
using Rouse.Worker.Engines;
using Rouse.Worker.Supervision;
using Rouse.Worker.Tests.Support;

namespace Rouse.Worker.Tests.Supervision;

public sealed class ChildProcessTests
{
    [Fact]
    public void Environment_HoldsWhatTheImageSays_AndNothingOfTheWorkers()
    {
        var own = new Hashtable
        {
            ["PATH"] = "/bin",
            ["CUDA_HOME"] = "/cuda",
            ["HF_HOME"] = "/models",
            ["HF_TOKEN"] = "hf_x",
            ["HF_MODEL_ID"] = "a/b",
            ["ROUSE_OWNER"] = "me",
            ["RUNPOD_WEBHOOK_GET_JOB"] = "http://x",
            ["CLEANUP_FAILURE_THRESHOLD"] = "3",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x",
            ["MY_API_KEY"] = "y",
            ["DATABASE"] = "db://u:" + Supervised.Secret + "@h",
            ["WANTED_TOKEN"] = "w",
        };
        var command = new ServerCommand("server", ["x"]) { Passed = ["WANTED_TOKEN", "ABSENT"], Environment = new Dictionary<string, string> { ["PORT"] = "8000", ["PATH"] = "/own" } };

        var environment = ChildEnvironment.Build(own, static text => text.Replace(Supervised.Secret, "***", StringComparison.Ordinal), command);

        Assert.Equal(["CUDA_HOME", "HF_HOME", "PATH", "PORT", "WANTED_TOKEN"], environment.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("/own", environment["PATH"]);
    }

    [Theory]
    [InlineData("rouse-no-such-program", "is in no folder of PATH (/usr/bin:/bin)")]
    [InlineData("/no/such/program", "does not exist or may not be executed")]
    public void Program_ThatIsNotThere_IsToldWithWhatToDo(string program, string words)
    {
        var fault = Assert.Throws<EngineException>(() => Start(new ServerCommand("server", [program])));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.Contains("put the program into the image", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_ReachTheProgramAsTheyAre()
    {
        var lines = new List<string>();
        await using var child = Start(new ServerCommand("server", ["printf", "%s\\n", "a b", "$HOME", "'\"", "*", "; exit 9", ""]), lines.Add);

        Assert.Equal(0, await child.Exited.InTimeAsync());
        Assert.Equal(["a b", "$HOME", "'\"", "*", "; exit 9"], lines);
    }

    [Fact]
    public async Task Pipes_AreForTalking_AndStderrForTheLog()
    {
        var lines = new List<string>();
        await using var child = Start(new ServerCommand("runner", ["sh", "-c", "echo loaded >&2; exec cat"]) { IsPiped = true }, lines.Add);
        using var output = new StreamReader(child.Output);

        await child.Input.WriteAsync("one\n"u8.ToArray());
        await child.Input.FlushAsync();
        Assert.Equal("one", await output.ReadLineAsync().InTimeAsync());
        child.Input.Close();

        Assert.Equal(0, await child.Exited.InTimeAsync());
        Assert.Equal(["loaded"], lines);
    }

    [Fact]
    public async Task Lines_EndAtCarriageReturnsToo_AndLongOnesAreCut()
    {
        var lines = new List<string>();
        using var text = new MemoryStream([.. "10%\r20%\r\n\n"u8, .. Enumerable.Repeat((byte)'x', 3 * LineReader.MaxLength), .. "\nlast"u8]);

        await LineReader.ReadAsync(text, lines.Add);

        Assert.Equal(["10%", "20%", new string('x', LineReader.MaxLength), "last"], lines);
    }

    [Fact]
    public async Task Exit_BySignal_IsToldInWords()
    {
        await using var child = Start(new ServerCommand("server", ["sh", "-c", "kill -KILL $$"]));
        Assert.Equal("exit code 137 (killed by SIGKILL: most often the machine's memory ran out)", ExitCodes.Words(await child.Exited.InTimeAsync()));
    }

    private static ChildProcess Start(ServerCommand command, Action<string>? line = null) =>
        ChildProcess.Start(command, new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" }, line ?? (static _ => { }), TimeProvider.System);
}
