using System.Buffers;

namespace MilSwitch.Smime.Messages;

/// <summary>Collects octets that follow each other and joins them without a copy: what comes out refers to what was put in. Not thread-safe.</summary>
internal sealed class OctetPieces
{
    private Piece? first;
    private Piece? last;

    /// <summary>Adds a piece; empty ones leave no trace.</summary>
    public OctetPieces Add(ReadOnlyMemory<byte> octets)
    {
        if (octets.IsEmpty) return this;
        last = last is null ? first = new Piece(octets, 0) : last.Append(octets);
        return this;
    }

    /// <summary>Adds all pieces of a sequence.</summary>
    public OctetPieces Add(ReadOnlySequence<byte> octets)
    {
        foreach (var piece in octets) Add(piece);
        return this;
    }

    public ReadOnlySequence<byte> ToSequence() => first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> octets, long before)
        {
            Memory = octets;
            RunningIndex = before;
        }

        public Piece Append(ReadOnlyMemory<byte> octets)
        {
            var next = new Piece(octets, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
