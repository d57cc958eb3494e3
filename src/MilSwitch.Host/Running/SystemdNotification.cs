using System.Net.Sockets;
using System.Text;

namespace MilSwitch.Host.Running;

/// <summary>Tells systemd how the node stands: sd_notify(3), a datagram to the socket in NOTIFY_SOCKET. Without one, nothing.</summary>
internal static class SystemdNotification
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";

    public static void Notify(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path) return;
        try
        {
            // A leading @ names a socket of the abstract name space (unix(7)).
            var endpoint = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.ASCII.GetBytes(state), endpoint);
        }
        catch (SocketException)
        {
            // The node serves mail whether or not somebody wants to know.
        }
    }
}
