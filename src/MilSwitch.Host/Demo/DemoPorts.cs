using System.Net;
using System.Net.Sockets;

namespace MilSwitch.Host.Demo;

/// <summary>
/// The ports of the demonstration: the usual ones where they are free, else the next free ones. All lie below the range from which
/// the kernel takes ports for outgoing connections, so that they are still free when the switch comes back after a kill.
/// </summary>
internal static class DemoPorts
{
    public const int Smtp = 2525;
    public const int Border = 2530;
    public const int Labels = 2540;
    public const int Between = 2550;
    public const int Abroad = 2560;
    public const int AbroadInside = 2570;
    public const int Sea = 2580;
    public const int LookUps = 2581;
    public const int Drafts = 2590;
    public const int Neighbour = 2626;
    public const int Viewer = 8025;
    public const int Admin = 8443;
    public const int Metrics = 9464;

    private const int Tries = 100;

    /// <exception cref="IOException">None of a hundred is free.</exception>
    public static int From(int usual)
    {
        for (var port = usual; port < usual + Tries; port++)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody else's.
            }
        }

        throw new IOException($"no port from {usual} to {usual + Tries - 1} is free");
    }
}
