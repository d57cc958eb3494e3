using MilSwitch.Mime;

namespace MilSwitch.Checks.Parts;

/// <summary>
/// Reads the parts of one message with a stack of what is still to be opened; each level of nesting passes over its octets
/// once (RFC 2046 §5.1).
/// </summary>
internal sealed class PartReader(ReadingRules rules)
{
    private readonly Stack<Waiting> waiting = new();
    private readonly List<MailPart> all = [];
    private long decoded = rules.DecodedOctets;
    private int begun;

    private bool IsStopped { get; set; }

    public MessageParts Read(ReadOnlyMemory<byte> message)
    {
        begun = 1;
        waiting.Push(new Waiting("1", 0, IsMessage: true, message, "text/plain", null));
        while (!IsStopped && waiting.TryPop(out var next)) Open(next);
        var faults = PartFaults.None;
        foreach (var part in all) faults |= part.Faults;
        return new MessageParts([.. all], faults, rules.Tolerated);
    }

    private void Open(Waiting next)
    {
        var header = HeaderBlock.Scan(next.Octets, rules.HeaderOctets, rules.HeaderFields);
        var part = new MailPart(next.Number, next.Depth, next.IsMessage, next.Octets, header, Math.Min(header.Length, next.Octets.Length));
        all.Add(part);
        if (header.Fault is HeaderFault.TooLarge or HeaderFault.TooManyFields)
        {
            Stop(part, PartFaults.TooLarge);
            return;
        }

        var boundary = PartHeader.Read(part, next.Octets.Span, next.DefaultType);
        if (!PartHeader.IsComposite(part.MediaType)) ReadLeaf(part);
        else if (part.Encoding is PartEncoding.Base64 or PartEncoding.QuotedPrintable or PartEncoding.Unknown) Refuse(part, PartFaults.EncodedComposite);
        else if (part.Depth >= rules.Depth) Stop(part, PartFaults.TooDeep);
        else if (!part.MediaType.StartsWith("multipart/", StringComparison.Ordinal)) OpenMessage(part, next.Enclosing);
        else if (boundary is null) Refuse(part, PartFaults.BoundaryMissing);
        else OpenMultipart(part, boundary, next.Enclosing);
    }

    private void OpenMessage(MailPart part, Enclosing? enclosing)
    {
        if (!TryBegin(part)) return;
        part.IsContainer = true;
        waiting.Push(new Waiting(part.Number + ".1", part.Depth + 1, IsMessage: true, part.Body, "text/plain", enclosing));
    }

    private void OpenMultipart(MailPart part, byte[] boundary, Enclosing? enclosing)
    {
        for (var outer = enclosing; outer is not null; outer = outer.Around)
        {
            if (outer.Boundary.AsSpan().StartsWith(boundary) || boundary.AsSpan().StartsWith(outer.Boundary)) part.Faults |= PartFaults.BoundaryPrefix;
        }

        var found = DelimiterScan.Run(part.Body.Span, boundary, rules.Parts);
        part.Faults |= found.Faults;
        if (found.Parts.Count is 0)
        {
            Refuse(part, PartFaults.BoundaryMissing);
            return;
        }

        part.IsContainer = true;
        part.Preamble = part.Body[..found.PreambleLength];
        var within = new Enclosing(boundary, enclosing);
        var otherwise = part.MediaType is "multipart/digest" ? "message/rfc822" : "text/plain";
        var first = waiting.Count;
        for (var i = 0; i < found.Parts.Count && TryBegin(part); i++)
        {
            var (start, end) = found.Parts[i];
            waiting.Push(new Waiting($"{part.Number}.{i + 1}", part.Depth + 1, IsMessage: false, part.Body[start..end], otherwise, within));
        }

        // The first one is opened next.
        ReverseFrom(first);
    }

    private void ReverseFrom(int first)
    {
        var pushed = new List<Waiting>(waiting.Count - first);
        while (waiting.Count > first) pushed.Add(waiting.Pop());
        foreach (var each in pushed) waiting.Push(each);
    }

    // A composite that can't be opened counts as a leaf of its octets.
    private void Refuse(MailPart part, PartFaults fault)
    {
        part.Faults |= fault;
        Take(part, part.Body.Length);
    }

    private void ReadLeaf(MailPart part)
    {
        var body = part.Body.Span;
        var length = part.Encoding switch
        {
            PartEncoding.Base64 => TransferDecoding.MeasureBase64(body),
            PartEncoding.QuotedPrintable => TransferDecoding.MeasureQuotedPrintable(body),
            _ => body.Length,
        };
        if (length < 0) part.Faults |= part.Encoding is PartEncoding.Base64 ? PartFaults.Base64 : PartFaults.QuotedPrintable;
        if (part.Encoding is not PartEncoding.Binary && DelimiterScan.HasBareLineEnd(body)) part.Faults |= PartFaults.LineEnd;
        if (part.Encoding is PartEncoding.SevenBit && body.ContainsAnyInRange((byte)0x80, (byte)0xff)) part.Faults |= PartFaults.EightBit;
        // What can't be decoded costs what it is long.
        if (!Take(part, length < 0 ? body.Length : length)) return;
        if (part.MediaType.StartsWith("text/", StringComparison.Ordinal) && TextFiles.HoldsOne(part.Decode().Span)) part.Faults |= PartFaults.FileInText;
    }

    private bool Take(MailPart part, int octets)
    {
        part.DecodedLength = octets;
        decoded -= octets;
        if (decoded < 0) Stop(part, PartFaults.TooLarge);
        return !IsStopped;
    }

    private bool TryBegin(MailPart part)
    {
        if (++begun > rules.Parts) Stop(part, PartFaults.TooManyParts);
        return !IsStopped;
    }

    private void Stop(MailPart part, PartFaults fault)
    {
        part.Faults |= fault;
        IsStopped = true;
    }

    private sealed record Enclosing(byte[] Boundary, Enclosing? Around);

    private readonly record struct Waiting(string Number, int Depth, bool IsMessage, ReadOnlyMemory<byte> Octets, string DefaultType, Enclosing? Enclosing);
}
