using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Partner.TestKit;

/// <summary>An answer as it came over the wire.</summary>
public sealed record RawAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? Header(string name) => Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

/// <summary>HTTP/1.1 written by hand, for what no HTTP library would send: a header twice, strange bytes, half a body.</summary>
public static class RawHttp
{
    /// <summary>Sends one request as it is, except that it asks for the connection to be closed, and reads the whole answer.</summary>
    /// <param name="address">Of the service.</param>
    /// <param name="requestLine">Such as <c>DELETE /v1/installations/icfg_1 HTTP/1.1</c>.</param>
    /// <param name="headers">Written in Latin-1, in this order; Host and Connection are added.</param>
    /// <param name="body">Written as it is; its length or encoding is for the headers to say.</param>
    public static async Task<RawAnswer> SendAsync(Uri address, string requestLine, IEnumerable<(string Name, string Value)> headers, byte[]? body = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        var head = new StringBuilder(requestLine).Append("\r\n").Append(CultureInfo.InvariantCulture, $"Host: {address.Authority}\r\nConnection: close\r\n");
        foreach (var (name, value) in headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        head.Append("\r\n");

        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()));
            if (body is not null)
                await stream.WriteAsync(body);
        }
        catch (IOException)
        {
            // Refused before all was sent; the answer says why.
        }

        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // Reset after the answer, because we had sent more than was read.
        }

        return Parse(answer.ToArray());
    }

    /// <summary>The same bytes cut into chunks, to be sent with <c>Transfer-Encoding: chunked</c>.</summary>
    public static byte[] Chunked(byte[] body, int size = 1000)
    {
        ArgumentNullException.ThrowIfNull(body);
        using var chunks = new MemoryStream();
        foreach (var chunk in body.Chunk(size))
        {
            chunks.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n")));
            chunks.Write(chunk);
            chunks.Write("\r\n"u8);
        }

        chunks.Write("0\r\n\r\n"u8);
        return chunks.ToArray();
    }

    private static RawAnswer Parse(byte[] answer)
    {
        var end = answer.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
            throw new InvalidOperationException($"No answer, but {answer.Length} bytes.");
        var lines = Encoding.Latin1.GetString(answer, 0, end).Split("\r\n");
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1].Trim())).ToList();
        var body = answer.AsSpan(end + 4).ToArray();
        var chunked = headers.Any(header => header.Key.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
        return new RawAnswer(status, headers, chunked ? Join(body) : body);
    }

    private static byte[] Join(byte[] chunks)
    {
        using var body = new MemoryStream();
        var rest = chunks.AsSpan();
        while (true)
        {
            var line = rest.IndexOf("\r\n"u8);
            var size = int.Parse(rest[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
                return body.ToArray();
            body.Write(rest.Slice(line + 2, size));
            rest = rest[(line + 2 + size + 2)..];
        }
    }
}
