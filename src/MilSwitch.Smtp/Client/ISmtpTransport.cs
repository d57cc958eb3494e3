using System.Net.Sockets;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Telemetry;

namespace MilSwitch.Smtp.Client;

/// <summary>Opens octet streams to next hops. Thread-safe.</summary>
public interface ISmtpTransport
{
    /// <summary>
    /// Opens a duplex stream; the caller disposes it. Throws <see cref="SocketException"/>, <see cref="IOException"/> or
    /// <see cref="TimeoutException"/> when the hop can't be reached within the time given.
    /// </summary>
    ValueTask<Stream> OpenAsync(HopTarget target, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken);

    /// <summary>
    /// The peer has sent something, or has closed its side, that was not read yet: on an idle connection a sign that it
    /// is of no more use. Must not block; false when it can't be told.
    /// </summary>
    bool HasInput(Stream stream);

    /// <summary>Where connections put what is said; null: nobody can ask to see it.</summary>
    DialogueBoard? Dialogues => null;
}
