using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Partner.Benchmarks;

/// <summary>
/// One keep-alive connection that sends prepared requests. It blocks its thread, which waits in the kernel: the load must cost the two
/// cores next to nothing.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[32 * 1024];

    public Connection(int port) => _socket.Connect(IPAddress.Loopback, port);

    /// <returns>The status, and how long it took; the answer is in <paramref name="answer"/> until the next call.</returns>
    public (int Status, TimeSpan Time) Send(ReadOnlySpan<byte> request, out ReadOnlySpan<byte> answer)
    {
        var started = Stopwatch.GetTimestamp();
        while (request.Length > 0)
            request = request[_socket.Send(request)..];
        var length = 0;
        while (true)
        {
            var read = _socket.Receive(_buffer.AsSpan(length));
            if (read == 0)
                throw new IOException("The service closed the connection.");
            length += read;
            var end = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end < 0 || length < end + 4 + ContentLength(_buffer.AsSpan(0, end)))
                continue;
            answer = _buffer.AsSpan(0, length);
            return (Number(answer[9..12]), Stopwatch.GetElapsedTime(started));
        }
    }

    public void Dispose() => _socket.Dispose();

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        var name = "Content-Length: "u8;
        var at = head.IndexOf(name);
        return at < 0 ? 0 : Number(head[(at + name.Length)..]);
    }

    private static int Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out int number, out _) ? number : throw new IOException("The service answered with no HTTP.");
}
