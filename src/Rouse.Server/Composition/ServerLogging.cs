using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Rouse.Server.Composition;

internal static class ServerLogging
{
    /// <summary>One line per entry for people; JSON with <c>ROUSE_LOG_FORMAT=json</c> for collectors. <c>ROUSE_LOG_LEVEL</c> sets our own level.</summary>
    public static void Configure(ILoggingBuilder logging, bool quiet)
    {
        logging.ClearProviders();
        if (Environment.GetEnvironmentVariable("ROUSE_LOG_FORMAT") == "json")
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            var isColored = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is not { Length: > 0 };
            logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName);
            logging.Services.AddSingleton<ConsoleFormatter>(provider => new LineFormatter(provider.GetRequiredService<TimeProvider>(), isColored));
        }

        // Logs are not output: a command's own answer on stdout stays readable by programs.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        var ours = Enum.TryParse<LogLevel>(Environment.GetEnvironmentVariable("ROUSE_LOG_LEVEL"), ignoreCase: true, out var level) ? level : LogLevel.Information;
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Rouse", quiet ? LogLevel.Error : ours);
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }
}
