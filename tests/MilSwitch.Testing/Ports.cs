using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Testing;

/// <summary>TCP ports of the loopback address that nobody listens on at the moment.</summary>
public static class Ports
{
    private static readonly Lock Gate = new();

    // Below the range from which the kernel takes ports for outgoing connections, so that none of those sits on one in
    // between; each process begins somewhere else.
    private const int First = 10_000;
    private const int Count = 20_000;
    private static int next = Environment.ProcessId * 97 % Count;

    /// <summary>A free port, never the same one twice in a process. Thread-safe.</summary>
    public static int Free()
    {
        lock (Gate)
        {
            while (true)
            {
                next = (next + 1) % Count;
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, First + next));
                    return First + next;
                }
                catch (SocketException)
                {
                    // Somebody listens there.
                }
            }
        }
    }
}
