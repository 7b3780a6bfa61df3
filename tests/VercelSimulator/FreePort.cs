using System.Net;
using System.Net.Sockets;

namespace Partner.VercelSimulator;

/// <summary>A port for who can only be told a number. From below those that a system gives out by itself, so that nobody is given it before it is taken.</summary>
public static class FreePort
{
    /// <returns>One of the loopback that is free now.</returns>
    /// <exception cref="SocketException">None of a hundred is.</exception>
    public static int Take()
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException) when (attempt < 100)
            {
                // Taken: another one.
            }
        }
    }
}
