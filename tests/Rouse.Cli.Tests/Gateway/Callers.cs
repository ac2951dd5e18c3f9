using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rouse.Cli.Tests.Gateway;

/// <summary>Many callers, each with a connection of its own that is there before any of them asks.</summary>
internal sealed class Callers : IDisposable
{
    private readonly List<Caller> _all = [];

    private Callers()
    {
    }

    public IReadOnlyList<Caller> All => _all;

    public static async Task<Callers> ConnectAsync(int port, int count)
    {
        var callers = new Callers();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            callers._all.Add(new Caller(socket));
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }

        return callers;
    }

    /// <param name="path">By the caller's number.</param>
    /// <param name="body">Of a POST; null for a GET.</param>
    public Task<Answer[]> AskAllAsync(Func<int, string> path, string? body = null) => Task.WhenAll(_all.Select((caller, number) => caller.AskAsync(path(number), body)));

    public void Dispose() => _all.ForEach(caller => caller.Dispose());

    /// <param name="Head">Status line and header fields.</param>
    /// <param name="Took">Milliseconds from the request's first byte to the answer's last.</param>
    internal sealed record Answer(int Status, string Head, string Body, double Took)
    {
        public bool Has(string header) => Head.Contains($"\r\n{header}: ", StringComparison.OrdinalIgnoreCase);
    }

    internal sealed class Caller(Socket socket) : IDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

        /// <exception cref="IOException">The connection ended before the answer did.</exception>
        public async Task<Answer> AskAsync(string path, string? body)
        {
            var request = body is null ? $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" : $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n{body}";
            using var late = new CancellationTokenSource(s_patience, TimeProvider.System);
            var began = TimeProvider.System.GetTimestamp();
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), late.Token);
            var buffer = new byte[4096];
            var length = 0;
            while (true)
            {
                if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is var end and >= 0)
                {
                    var head = Encoding.ASCII.GetString(buffer, 0, end);
                    var bytes = Rest(head, buffer.AsSpan(end + 4, length - end - 4));
                    if (bytes is not null) return new Answer(int.Parse(head.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture), head, bytes, TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                }

                var read = await socket.ReceiveAsync(buffer.AsMemory(length), late.Token);
                if (read == 0) throw new IOException("The connection ended before the answer did.");
                length += read;
            }
        }

        public void Dispose() => socket.Dispose();

        /// <summary>The body, once it is all there.</summary>
        private static string? Rest(string head, ReadOnlySpan<byte> bytes)
        {
            const string length = "\r\nContent-Length: ";
            if (head.IndexOf(length, StringComparison.OrdinalIgnoreCase) is var at and >= 0)
            {
                var digits = head[(at + length.Length)..].Split('\r')[0];
                return bytes.Length == int.Parse(digits, CultureInfo.InvariantCulture) ? Encoding.UTF8.GetString(bytes) : null;
            }

            return bytes.EndsWith("0\r\n\r\n"u8) ? Encoding.UTF8.GetString(bytes) : null;
        }
    }
}
