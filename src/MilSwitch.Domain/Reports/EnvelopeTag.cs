using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Reports;

/// <summary>
/// The ENVID of a copy that leaves a security domain: <c>ID.TAG</c>, the copy's own id and a keyed tag over it. Whoever reports
/// on the copy repeats it (RFC 3464 §2.2.1), and nobody who never saw the copy can make one. The originator's own ENVID stays
/// inside: the id leads to the copy, its parent to the original's envelope. Characters are letters, digits and one dot, so
/// xtext (RFC 3461 §4) changes none of them. Pure.
/// </summary>
public static class EnvelopeTag
{
    /// <summary>Characters; RFC 3461 §4.4 allows 100.</summary>
    public const int Length = IdLength + 1 + TagLength;

    // 128 bits in hexadecimal.
    private const int TagOctets = 16;
    private const int TagLength = 2 * TagOctets;
    private const int IdLength = 13;

    private static readonly byte[] Purpose = "milswitch envelope tag 1\0"u8.ToArray();

    /// <param name="copy">The copy that leaves.</param>
    /// <param name="domain">The security domain it is released into: reports that come in anywhere else are not about it.</param>
    /// <param name="keys">The current one makes it.</param>
    public static string Make(MessageId copy, string domain, EnvelopeTagKeys keys) => $"{copy}.{Convert.ToHexString(Tag(copy, domain, keys.Current.Span))}";

    /// <summary>Reads and checks a tag. Takes as long for a wrong one as for a right one; never throws.</summary>
    /// <param name="envelopeId">As the report gives it, xtext decoded; null when absent.</param>
    /// <param name="domain">The security domain that the report came in from.</param>
    /// <param name="keys">Either will do.</param>
    /// <param name="copy">The copy it was made for, when the result is true.</param>
    public static bool TryRead([NotNullWhen(true)] string? envelopeId, string domain, EnvelopeTagKeys keys, out MessageId copy)
    {
        copy = default;
        if (envelopeId is not { Length: Length } || envelopeId[IdLength] is not '.' || !MessageId.TryParse(envelopeId.AsSpan(0, IdLength), out var id)) return false;
        Span<byte> tag = stackalloc byte[TagOctets];
        if (Convert.FromHexString(envelopeId.AsSpan(IdLength + 1), tag, out _, out var octets) is not System.Buffers.OperationStatus.Done || octets is not TagOctets) return false;
        // Both always: which key made it is nobody's business either.
        var isGood = CryptographicOperations.FixedTimeEquals(tag, Tag(id, domain, keys.Current.Span));
        if (!keys.Previous.IsEmpty) isGood |= CryptographicOperations.FixedTimeEquals(tag, Tag(id, domain, keys.Previous.Span));
        if (isGood) copy = id;
        return isGood;
    }

    // The run is a part of the id. What stands before has fixed lengths, so no two inputs are one.
    private static byte[] Tag(MessageId copy, string domain, ReadOnlySpan<byte> key)
    {
        var name = Encoding.UTF8.GetBytes(domain.ToLowerInvariant());
        var input = new byte[Purpose.Length + sizeof(int) + sizeof(long) + name.Length];
        Purpose.CopyTo(input, 0);
        BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(Purpose.Length), copy.Run);
        BinaryPrimitives.WriteInt64BigEndian(input.AsSpan(Purpose.Length + sizeof(int)), copy.Value);
        name.CopyTo(input, Purpose.Length + sizeof(int) + sizeof(long));
        return HMACSHA256.HashData(key, input)[..TagOctets];
    }
}
