using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Storage;

/// <summary>
/// The hash that ties each audit record to the one before it: SHA-256 over the previous hash, then sequence, time, kind,
/// message, recipient, and detail and actor each behind their length (−1: no actor), integers big-endian. Not thread-safe.
/// </summary>
public sealed class AuditChain
{
    public const int HashLength = SHA256.HashSizeInBytes;

    private byte[] buffer = new byte[512];

    /// <summary>The hash of one record.</summary>
    /// <param name="previous">Hash of the record before; 32 zero octets before the first.</param>
    /// <param name="sequence">The record's number.</param>
    /// <param name="at">Unix milliseconds, as stored.</param>
    /// <param name="audit">The record; its <see cref="AuditEvent.At"/> is not used.</param>
    /// <param name="hash">Receives 32 octets; may be the same memory as <paramref name="previous"/>.</param>
    public void Next(ReadOnlySpan<byte> previous, long sequence, long at, AuditEvent audit, Span<byte> hash)
    {
        var needed = HashLength + 38 + Encoding.UTF8.GetMaxByteCount(audit.Detail.Length) + Encoding.UTF8.GetMaxByteCount(audit.Actor?.Length ?? 0);
        if (buffer.Length < needed) buffer = new byte[needed];
        var span = buffer.AsSpan();
        previous.CopyTo(span);
        var at0 = HashLength;
        BinaryPrimitives.WriteInt64BigEndian(span[at0..], sequence);
        BinaryPrimitives.WriteInt64BigEndian(span[(at0 + 8)..], at);
        BinaryPrimitives.WriteInt16BigEndian(span[(at0 + 16)..], (short)audit.Kind);
        BinaryPrimitives.WriteInt64BigEndian(span[(at0 + 18)..], audit.Message.Value);
        BinaryPrimitives.WriteInt32BigEndian(span[(at0 + 26)..], audit.Recipient);
        var end = Text(audit.Detail, at0 + 30);
        end = Text(audit.Actor, end);
        SHA256.HashData(span[..end], hash);
    }

    private int Text(string? text, int start)
    {
        var count = text is null ? -1 : Encoding.UTF8.GetBytes(text, buffer.AsSpan(start + 4));
        BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(start), count);
        return start + 4 + Math.Max(count, 0);
    }
}
