using System.Collections.Immutable;
using MilSwitch.Mime;

namespace MilSwitch.Checks.Parts;

/// <summary>One part of a message, or the message itself, as ranges of the octets that were received. Immutable.</summary>
public sealed class MailPart
{
    internal MailPart(string number, int depth, bool isMessage, ReadOnlyMemory<byte> octets, HeaderBlock header, int bodyStart)
    {
        Number = number;
        Depth = depth;
        IsMessage = isMessage;
        Header = header;
        Body = octets[bodyStart..];
    }

    /// <summary>The message is <c>1</c>, its parts <c>1.1</c>, <c>1.2</c> and so on; the message in a message/rfc822 counts as its only part.</summary>
    public string Number { get; }

    /// <summary>Multiparts and messages around it.</summary>
    public int Depth { get; }

    /// <summary>Its header is that of a message: the root, and what a message/rfc822 holds.</summary>
    public bool IsMessage { get; }

    public HeaderBlock Header { get; }

    /// <summary>What follows the header, not decoded.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary><c>type/subtype</c> in lower case, by which it is read; text/plain where nothing is said (RFC 2045 §5.2).</summary>
    public string MediaType { get; internal set; } = "text/plain";

    /// <summary>It says what it is: <see cref="MediaType"/> is not the default.</summary>
    public bool SaysType { get; internal set; }

    /// <summary>The parameter charset; null when there is none.</summary>
    public string? Charset { get; internal set; }

    /// <summary>Every name that a reader might save it under (RFC 2183 §2.3, RFC 2231), none twice; not made safe.</summary>
    public ImmutableArray<string> FileNames { get; internal set; } = [];

    public PartEncoding Encoding { get; internal set; }

    /// <summary>It holds other parts, which come behind it in the list.</summary>
    public bool IsContainer { get; internal set; }

    /// <summary>Octets that <see cref="Decode"/> gives; 0 for containers.</summary>
    public int DecodedLength { get; internal set; }

    /// <summary>What stands before the first part of a multipart; readers of MIME don't show it, others do.</summary>
    public ReadOnlyMemory<byte> Preamble { get; internal set; }

    /// <summary>Of this part alone, the tolerated ones included.</summary>
    public PartFaults Faults { get; internal set; }

    /// <summary>The body without its transfer encoding; as it stands where there is none, or where it is not sound. Empty for containers.</summary>
    public ReadOnlyMemory<byte> Decode()
    {
        if (IsContainer) return default;
        if ((Faults & (PartFaults.Base64 | PartFaults.QuotedPrintable | PartFaults.EncodedComposite)) is not PartFaults.None) return Body;
        return Encoding switch
        {
            PartEncoding.Base64 => TransferDecoding.Base64Octets(Body.Span, DecodedLength),
            PartEncoding.QuotedPrintable => TransferDecoding.QuotedPrintableOctets(Body.Span, DecodedLength),
            _ => Body,
        };
    }

    public override string ToString() => $"{Number} {MediaType}";
}
