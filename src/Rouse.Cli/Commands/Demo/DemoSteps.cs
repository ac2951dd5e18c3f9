using Rouse.Cli.Api;
using Rouse.Cli.Terminal;

namespace Rouse.Cli.Commands.Demo;

/// <summary>Shows each step of the demo in the columns of a start, and knows which one it is at.</summary>
internal sealed class DemoSteps(Screen screen, TimeProvider time)
{
    /// <summary>What is being done: an error names it.</summary>
    public string Current { get; private set; } = "";

    public void Begin(string doing) => Current = doing;

    /// <param name="doing">While it goes on: <c>painting the picture</c>.</param>
    /// <param name="done">Once it is done: <c>picture painted</c>.</param>
    /// <param name="outcome">What came of it, for the same line.</param>
    public async Task<Reply<T>> DoAsync<T>(string doing, string done, Func<Task<Reply<T>>> work, Func<T, string> outcome)
        where T : class
    {
        Begin(doing);
        var started = time.GetTimestamp();
        Reply<T> reply;
        await using (new Doing(screen, time, doing)) reply = await work();
        if (reply.TryGet(out var value, out _))
        {
            var tail = Screen.Tint("dim", outcome(value));
            screen.NoteMarkup(StepLine.Markup(screen, StepLine.DoneMark(screen), done, time.GetElapsedTime(started).TotalSeconds, tail: tail));
        }

        return reply;
    }
}
