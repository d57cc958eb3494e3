using System.Buffers;

namespace MilSwitch.Storage;

/// <summary>
/// The octets of one content behind its head, in pieces of pooled memory, for as long as the store's budget has room for
/// them: a content that is sent on at once is then not read back from its file. Not thread-safe while it is filled.
/// </summary>
public sealed class RetainedPieces(RetentionBudget budget)
{
    /// <summary>Octets of a piece: what one write to a file takes.</summary>
    public const int PieceSize = 128 << 10;

    private readonly List<byte[]> pieces = [];
    private bool refused;

    /// <summary>Octets in the pieces.</summary>
    public long Length { get; private set; }

    /// <summary>Takes over a rented piece, or refuses: then nothing is kept of this content any more.</summary>
    public bool TryKeep(byte[] piece, int count)
    {
        if (!refused && budget.TryTake(pieces.Count))
        {
            pieces.Add(piece);
            Length += count;
            return true;
        }

        Release();
        refused = true;
        return false;
    }

    /// <summary>The octets from a position to the end of their piece.</summary>
    public ReadOnlyMemory<byte> From(long position)
    {
        var at = (int)(position % PieceSize);
        var index = (int)(position / PieceSize);
        return pieces[index].AsMemory(at, (int)Math.Min(PieceSize - at, Length - position));
    }

    public void Release()
    {
        foreach (var piece in pieces) ArrayPool<byte>.Shared.Return(piece);
        budget.GiveBack(pieces.Count);
        pieces.Clear();
        Length = 0;
    }
}
