using System.Buffers;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Making;

/// <summary>A message that is about to be protected: judged first, then taken apart. Nothing of it is repaired.</summary>
internal static class ProtectionSource
{
    /// <summary>Readers agree on what these say, or on that nothing can be said about it.</summary>
    public const MimeAmbiguity Tolerable = MimeAmbiguity.Comment | MimeAmbiguity.Charset | MimeAmbiguity.ElsewhereContent | MimeAmbiguity.Epilogue | MimeAmbiguity.Preamble;

    private const MimeAmbiguity NeverTolerable = MimeAmbiguity.RepeatedField | MimeAmbiguity.FieldFrame | MimeAmbiguity.HeaderEnd;

    // As much as the layers of a triple wrap around it can take, and some for small ones.
    private const long LayersOfBudget = 10;
    private const long LeastBudget = 16L << 20;

    public static MimeEntity Read(ReadOnlyMemory<byte> message) => MimeEntity.Read(message, Budget(message.Length));

    /// <summary>In proportion to what was received, so that layers multiply nothing.</summary>
    public static MimeBudget Budget(long octets) => new() { Decoded = LeastBudget + (LayersOfBudget * octets) };

    /// <exception cref="MakingRefusedException">It can't be protected as it is.</exception>
    public static void Check(MimeEntity message, MimeAmbiguity tolerated)
    {
        if (message.Fault is not MimeFault.None) throw new MakingRefusedException(MakingRefusal.TooLarge, "the message is larger or deeper than what is protected");
        if ((message.TreeAmbiguity & MimeAmbiguity.LineEnd & ~tolerated) is not 0) throw new MakingRefusedException(MakingRefusal.NotCanonical, "a line end is not CRLF, and others are (RFC 8551 §3.1.1)");
        if ((message.Ambiguity & NeverTolerable) is not 0 || (message.TreeAmbiguity & ~tolerated) is not 0)
            throw new MakingRefusedException(MakingRefusal.Ambiguous, $"the message can be read in more than one way: {message.TreeAmbiguity & ~tolerated}");
    }

    /// <summary>It has a layer of protection at its root.</summary>
    public static bool IsProtected(MimeEntity message) => SmimePart.Recognise(message) is { Kind: SmimeKind.ClearSigned or SmimeKind.Opaque };

    /// <exception cref="MakingRefusedException">The policy can't be kept.</exception>
    public static ProtectedMessage TakeApart(MimeEntity message, ProtectionScheme scheme, bool encrypts, HeaderConfidentialityPolicy policy, bool legacyDisplay)
    {
        try
        {
            return HeaderProtectionWriter.Write(message, scheme, encrypts, policy, legacyDisplay);
        }
        catch (FormatException fault)
        {
            throw new MakingRefusedException(MakingRefusal.HeaderUnreadable, fault.Message, fault);
        }
    }

    public static ReadOnlySequence<byte> Payload(ProtectedMessage message) => new OctetPieces().Add(message.PayloadHead).Add(message.PayloadBody).ToSequence();

    /// <summary>The message: outer fields, MIME-Version, the entity.</summary>
    public static ReadOnlySequence<byte> Assemble(ReadOnlyMemory<byte> outerFields, ReadOnlySequence<byte> entity) =>
        new OctetPieces().Add(outerFields).Add(MimeVersion).Add(entity).ToSequence();

    /// <summary>The fields of a message that are not structural, to the octet.</summary>
    public static ReadOnlyMemory<byte> OtherFields(MimeEntity message) => TakeApart(message, ProtectionScheme.None, false, HeaderConfidentialityPolicy.None, false).OuterFields;

    private static readonly byte[] MimeVersion = "MIME-Version: 1.0\r\n"u8.ToArray();
}
