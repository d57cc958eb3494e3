using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MilSwitch.Mime;
using MilSwitch.Smime.Headers;

namespace MilSwitch.Smime.Messages;

/// <summary>
/// A MIME entity (RFC 2045 §2.4) as ranges of the octets that were received: header, body and parts are never copied or
/// written anew, so that signatures are judged over what is stored. Parts are read in exactly one way; where another reader
/// might see something else, the entity says so (<see cref="Ambiguity"/>). Immutable.
/// </summary>
public sealed class MimeEntity
{
    private IReadOnlyList<HeaderText>? fields;

    internal MimeEntity(string number, ReadOnlyMemory<byte> octets, HeaderBlock header, int bodyStart)
    {
        Number = number;
        Octets = octets;
        Header = header;
        RawBody = octets[bodyStart..];
    }

    /// <summary>The root is <c>1</c>, its parts <c>1.1</c>, <c>1.2</c> and so on; what a layer or a message holds counts as its only part.</summary>
    public string Number { get; }

    /// <summary>
    /// Header and body to the octet. For the first part of a multipart/signed this is what its signature covers: from after
    /// the line end of the delimiter to before the line end that belongs to the next one (RFC 1847 §2.1, RFC 2046 §5.1.1).
    /// </summary>
    public ReadOnlyMemory<byte> Octets { get; }

    public HeaderBlock Header { get; }

    /// <summary>The header as text: read when it is asked for the first time, since many ask.</summary>
    public IReadOnlyList<HeaderText> Fields => fields ??= HeaderText.Read(Header);

    /// <summary>What follows the header, not decoded.</summary>
    public ReadOnlyMemory<byte> RawBody { get; }

    public MediaType MediaType { get; internal set; } = MediaType.Default;

    /// <summary>Content-Disposition, null when there is none.</summary>
    public MediaType? Disposition { get; internal set; }

    public ContentEncoding Encoding { get; internal set; }

    /// <summary>Parts of a multipart, or the one message of a message/rfc822; empty for leaves and for what could not be opened.</summary>
    public ImmutableArray<MimeEntity> Parts { get; internal set; } = [];

    /// <summary>Of this entity alone.</summary>
    public MimeAmbiguity Ambiguity { get; internal set; }

    /// <summary>Of this entity and everything in it.</summary>
    public MimeAmbiguity TreeAmbiguity { get; internal set; }

    /// <summary>Of the entity that was read, not of its parts: reading stopped there, and <see cref="Parts"/> are not all there are.</summary>
    public MimeFault Fault { get; internal set; }

    /// <summary>
    /// Its lines, or those of its header at least, ended in LF alone, as in files of this kind of machine; all were given the
    /// line ends of mail (RFC 8551 §3.1.1) before anything was read. Of the entity that was read, not of its parts.
    /// </summary>
    public bool HadLocalLineEnds { get; internal set; }

    /// <summary>Composites around this entity.</summary>
    public int Depth { get; internal set; }

    /// <summary>Octets that <see cref="Decode"/> gives.</summary>
    public int DecodedLength { get; internal set; }

    /// <summary>The name that a reader would save it under: filename, else name (RFC 2183 §2.3); null when there is none.</summary>
    public string? FileName => Disposition?.ExtendedParameter("filename") ?? MediaType.ExtendedParameter("name");

    public bool IsLeaf => Parts.IsEmpty;

    /// <summary>Reads an entity and all its parts. Never throws for any octets.</summary>
    /// <param name="octets">The whole of it. A line end is CRLF; see <see cref="HadLocalLineEnds"/> for the exception.</param>
    /// <param name="budget">What the message may still cost; what is taken stays taken.</param>
    /// <param name="number">Its number.</param>
    /// <param name="depth">Composites and layers around it.</param>
    public static MimeEntity Read(ReadOnlyMemory<byte> octets, MimeBudget budget, string number = "1", int depth = 0) =>
        new MimeEntityReader(budget).Read(octets, number, depth);

    /// <summary>The body without its transfer encoding; the stored octets where there is none, or where they are not sound.</summary>
    public ReadOnlyMemory<byte> Decode()
    {
        if ((Ambiguity & (MimeAmbiguity.Base64 | MimeAmbiguity.QuotedPrintable | MimeAmbiguity.EncodedComposite)) is not 0) return RawBody;
        if (Encoding is not (ContentEncoding.Base64 or ContentEncoding.QuotedPrintable)) return RawBody;
        var decoded = new byte[DecodedLength];
        if (Encoding is ContentEncoding.Base64) PartDecoding.DecodeBase64(RawBody.Span, decoded);
        else PartDecoding.DecodeQuotedPrintable(RawBody.Span, decoded);
        return decoded;
    }

    /// <summary>This entity and everything in it, in the order in which it stands, without recursion.</summary>
    public IEnumerable<MimeEntity> Walk()
    {
        var waiting = new Stack<MimeEntity>();
        waiting.Push(this);
        while (waiting.TryPop(out var entity))
        {
            yield return entity;
            for (var i = entity.Parts.Length - 1; i >= 0; i--) waiting.Push(entity.Parts[i]);
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} {MediaType}");
}
