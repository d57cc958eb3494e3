using System.Buffers;

namespace MilSwitch.Checks.Attachments;

/// <summary>What opening the archives of one message may still cost. Not thread-safe.</summary>
internal sealed class ArchiveBudget(AttachmentRules rules)
{
    // Small files of zeros are no bombs.
    private const int RatioFrom = 1 << 20;

    private long octets = rules.OpenedOctets;

    /// <summary>Entries that are left.</summary>
    public int Entries { get; set; } = rules.Entries;

    /// <summary>Reads what a decompressor gives, and no more than the rules allow.</summary>
    /// <param name="source">Read to its end, or to a limit.</param>
    /// <param name="packed">Octets from which it comes.</param>
    /// <param name="cancellationToken">Ends it between pieces.</param>
    /// <returns>Null: beyond a limit, a bomb.</returns>
    /// <exception cref="InvalidDataException">What is packed is not sound.</exception>
    public byte[]? Read(Stream source, long packed, CancellationToken cancellationToken)
    {
        var most = Math.Min(Math.Min(Math.Max(0, octets), rules.LargestEntry), Math.Max(RatioFrom, packed * rules.Ratio));
        var opened = new ArrayBufferWriter<byte>((int)Math.Min(most, Math.Max(4096, packed)) + 1);
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var room = opened.GetSpan(4096);
                var read = source.Read(room);
                if (read is 0) return opened.WrittenSpan.ToArray();
                opened.Advance(read);
                if (opened.WrittenCount > most) return null;
            }
        }
        finally
        {
            // What comes to nothing costs as much: else a hundred bombs would each be opened up to the limit.
            octets -= opened.WrittenCount;
        }
    }
}
