using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MilSwitch.Host.Acp127;

/// <summary>What a TCP connection has not delivered yet.</summary>
internal static class SendQueue
{
    // SIOCOUTQ of linux/sockios.h.
    private const nuint OutQueue = 0x5411;

    /// <summary>Octets that were written and that the peer's system has not acknowledged.</summary>
    /// <exception cref="IOException">The system can't tell.</exception>
    public static int Length(Socket socket) =>
        Ask((int)socket.SafeHandle.DangerousGetHandle(), OutQueue, out var length) is 0 ? length : throw new IOException($"the system can't tell what was sent: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int Ask(int file, nuint request, out int value);
}
