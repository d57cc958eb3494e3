using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;

namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>
/// What a connection is for: a new association, or another connection under one that exists. The id is known to the two ends
/// of the association only; it is random and no counter.
/// </summary>
internal readonly record struct Hello(Guid Association, bool Continues)
{
    /// <summary>Longest first frame that is read from somebody who has not said what he wants.</summary>
    public const int MaximumFrame = 64;

    private static ReadOnlySpan<byte> Magic => "MSN1"u8;

    public static Hello ForNew() => new(new Guid(RandomNumberGenerator.GetBytes(16)), Continues: false);

    public Frame ToFrame()
    {
        Span<byte> octets = stackalloc byte[21];
        Magic.CopyTo(octets);
        octets[4] = Continues ? (byte)1 : (byte)0;
        Association.TryWriteBytes(octets[5..], bigEndian: true, out _);
        return new Frame(FrameKind.Hello, ByteString.CopyFrom(octets));
    }

    public static bool TryRead(Frame frame, [NotNullWhen(true)] out Hello? hello)
    {
        hello = null;
        var octets = frame.Payload.Span;
        if (frame.Kind is not FrameKind.Hello || octets.Length is not 21 || !octets.StartsWith(Magic) || octets[4] > 1) return false;
        hello = new Hello(new Guid(octets[5..], bigEndian: true), octets[4] is 1);
        return true;
    }
}
