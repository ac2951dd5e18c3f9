using System.Globalization;
using System.Runtime.InteropServices;
using Rouse.TestKit.WebUi;

// Nothing but a test starts this: see A1111's SupervisionTests.
if (args is not ["webui", var port, var stepMilliseconds]) return 2;
var asked = new TaskCompletionSource();
using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => asked.TrySetResult());
await using var webui = await FakeWebUi.StartAsync(int.Parse(port, CultureInfo.InvariantCulture));
webui.Script.StepTime = TimeSpan.FromMilliseconds(int.Parse(stepMilliseconds, CultureInfo.InvariantCulture));
Console.Out.WriteLine($"Running on local URL:  http://127.0.0.1:{webui.Port}");
await asked.Task;
return 0;
