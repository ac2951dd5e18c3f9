using System.Collections.Concurrent;
using Rouse.TestKit.Secrets;

namespace Rouse.Server.Tests.Secrets;

/// <summary>Hears every answer that callers get, headers and bodies, streams too.</summary>
internal sealed class Ear(CanaryCage cage) : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly ConcurrentQueue<(string Place, Tee Body)> _bodies = new();

    public int Answers => _bodies.Count;

    /// <summary>To be called when all is over: a body is looked at as a whole.</summary>
    public void LookAtBodies()
    {
        foreach (var (place, body) in _bodies) cage.Look(place, body.Heard);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var place = $"answer to {request.Method} {request.RequestUri!.AbsolutePath} ({(int)response.StatusCode})";
        cage.Look($"headers of {place}", $"{response.ReasonPhrase}\n{response.Headers}\n{response.Content.Headers}");
        var tee = new Tee(await response.Content.ReadAsStreamAsync(cancellationToken));
        _bodies.Enqueue((place, tee));
        var headers = response.Content.Headers;
        response.Content = new StreamContent(tee);
        foreach (var (name, values) in headers) response.Content.Headers.TryAddWithoutValidation(name, values);
        return response;
    }

    private sealed class Tee(Stream inner) : Stream
    {
        private readonly MemoryStream _heard = new();

        public byte[] Heard
        {
            get
            {
                lock (_heard) return _heard.ToArray();
            }
        }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Keep(inner.Read(buffer, offset, count), buffer.AsSpan(offset));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Keep(await inner.ReadAsync(buffer, cancellationToken), buffer.Span);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private int Keep(int count, ReadOnlySpan<byte> buffer)
        {
            lock (_heard) _heard.Write(buffer[..count]);
            return count;
        }
    }
}
