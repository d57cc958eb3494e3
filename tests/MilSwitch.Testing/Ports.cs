using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Testing;

/// <summary>TCP ports of the loopback address that nobody listens on at the moment.</summary>
public static class Ports
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A free port, never the same one twice in a process. Thread-safe.</summary>
    public static int Free()
    {
        lock (Gate)
        {
            while (true)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                var port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                if (Given.Add(port)) return port;
            }
        }
    }
}
