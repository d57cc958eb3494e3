using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Domain.Intake;

/// <summary>
/// Names one copy of one message, so that a sender who never saw the 250 and sends again is answered 250 without a second
/// acceptance (RFC 5321 §4.5.3.2.6, RFC 1047).
/// </summary>
public static class DuplicateKey
{
    /// <summary>The first 128 bits of SHA-256 over the parts, each preceded by its length.</summary>
    /// <param name="reversePath">RFC 5321 reverse path.</param>
    /// <param name="messageId">The Message-ID field; mail without one is never taken for a duplicate.</param>
    /// <param name="envelopeId">ENVID, or null.</param>
    /// <param name="contentDigest">SHA-256 of the content.</param>
    /// <param name="recipient">The recipient.</param>
    public static UInt128 Of(ReversePath reversePath, string messageId, string? envelopeId, ReadOnlySpan<byte> contentDigest, Mailbox recipient)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = 0;
        var fits = Append(buffer, ref length, reversePath.ToString()) && Append(buffer, ref length, messageId)
            && Append(buffer, ref length, envelopeId ?? "") && Append(buffer, ref length, recipient.Text) && length + contentDigest.Length <= buffer.Length;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (fits)
        {
            contentDigest.CopyTo(buffer[length..]);
            SHA256.HashData(buffer[..(length + contentDigest.Length)], digest);
        }
        else
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var part in (ReadOnlySpan<string>)[reversePath.ToString(), messageId, envelopeId ?? "", recipient.Text])
            {
                var octets = Encoding.UTF8.GetBytes(part);
                BinaryPrimitives.WriteInt32BigEndian(digest, octets.Length);
                hash.AppendData(digest[..4]);
                hash.AppendData(octets);
            }

            hash.AppendData(contentDigest);
            hash.GetHashAndReset(digest);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static bool Append(Span<byte> buffer, ref int length, string part)
    {
        if (length + 4 + Encoding.UTF8.GetMaxByteCount(part.Length) > buffer.Length) return false;
        var count = Encoding.UTF8.GetBytes(part, buffer[(length + 4)..]);
        BinaryPrimitives.WriteInt32BigEndian(buffer[length..], count);
        length += 4 + count;
        return true;
    }
}
