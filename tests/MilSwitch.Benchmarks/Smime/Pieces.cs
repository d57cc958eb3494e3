using System.Buffers;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>Octets that lie in pieces, as one sequence.</summary>
internal sealed class Pieces : ReadOnlySequenceSegment<byte>
{
    private Pieces(ReadOnlyMemory<byte> octets, long start) => (Memory, RunningIndex) = (octets, start);

    public static ReadOnlySequence<byte> Join(ReadOnlyMemory<byte> first, params ReadOnlySpan<ReadOnlyMemory<byte>> others)
    {
        var (head, last) = (new Pieces(first, 0), default(Pieces));
        last = head;
        foreach (var other in others)
        {
            var next = new Pieces(other, last.RunningIndex + last.Memory.Length);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(head, 0, last, last.Memory.Length);
    }
}
