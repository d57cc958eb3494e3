using Google.Protobuf;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// What travels on a connection between nodes: four octets of length (big endian; kind and payload), one octet of kind, the
/// payload. Part of the protocol between nodes: values are never used again for something else.
/// </summary>
internal enum FrameKind : byte
{
    /// <summary>The first frame of who dials: what the connection is for (<see cref="Hello"/>).</summary>
    Hello = 1,

    /// <summary>The answer to it; one octet: <see cref="WelcomeStatus"/>.</summary>
    Welcome = 2,

    /// <summary>One of Akka's protocol data units.</summary>
    Data = 3,

    /// <summary>Please make this association's connection anew; only who dialled can.</summary>
    Renew = 4,

    /// <summary>Nothing follows on this connection; what follows comes on the new one.</summary>
    Moved = 5,

    /// <summary>Nothing follows at all. An end of the connection without it is a break.</summary>
    End = 6,
}

/// <summary>The answer to <see cref="FrameKind.Hello"/>.</summary>
internal enum WelcomeStatus : byte
{
    Fine = 0,

    /// <summary>No place for another connection.</summary>
    Full = 1,

    /// <summary>There is no such association to continue.</summary>
    Unknown = 2,
}

/// <summary>One frame.</summary>
internal readonly record struct Frame(FrameKind Kind, ByteString Payload)
{
    /// <summary>Octets before the payload: length and kind.</summary>
    public const int Overhead = 5;

    public static Frame Of(FrameKind kind) => new(kind, ByteString.Empty);
}

/// <summary>A frame that may not be. Says nothing about what was received.</summary>
internal sealed class FrameException(string message) : Exception(message);
