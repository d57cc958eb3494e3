using System.Collections.Immutable;

namespace MilSwitch.Checks.Parts;

/// <summary>Names for what is wrong with the parts of a message. None holds anything of the message.</summary>
public static class PartFaultTexts
{
    private static readonly ImmutableArray<(PartFaults Fault, string Text)> Texts =
    [
        (PartFaults.HeaderLineEnd, "the header has NUL or an odd line end"),
        (PartFaults.HeaderEnd, "the header does not end in an empty line"),
        (PartFaults.FieldFrame, "a field has white space before its colon or an empty continuation line"),
        (PartFaults.RepeatedField, "a MIME field stands twice"),
        (PartFaults.RepeatedParameter, "a parameter stands twice"),
        (PartFaults.MalformedField, "a MIME field does not follow its grammar"),
        (PartFaults.Comment, "a comment or quoted pair in a MIME field"),
        (PartFaults.NoVersion, "MIME fields without MIME-Version"),
        (PartFaults.BoundaryForm, "the boundary has a form on which readers disagree"),
        (PartFaults.BoundaryMissing, "no boundary, or none of its delimiters"),
        (PartFaults.BoundaryPrefix, "a line or another boundary begins like the boundary"),
        (PartFaults.Unclosed, "the last part is not closed"),
        (PartFaults.Epilogue, "text behind the last part"),
        (PartFaults.Preamble, "a part or long text before the first part"),
        (PartFaults.LineEnd, "CR or LF alone"),
        (PartFaults.TransferEncoding, "the transfer encoding is not known"),
        (PartFaults.EncodedComposite, "a transfer encoding around parts"),
        (PartFaults.Base64, "the base64 is not sound"),
        (PartFaults.QuotedPrintable, "the quoted-printable is not sound"),
        (PartFaults.Charset, "a character set that hides text"),
        (PartFaults.Partial, "a fragment of a message"),
        (PartFaults.ExternalBody, "the content is outside of the message"),
        (PartFaults.Tnef, "a TNEF container"),
        (PartFaults.EightBit, "8-bit octets that are not declared"),
        (PartFaults.FileInText, "a file inside a text"),
        (PartFaults.TooDeep, "parts too deep inside each other"),
        (PartFaults.TooManyParts, "too many parts"),
        (PartFaults.TooLarge, "a header or decoded content beyond the limit"),
    ];

    /// <summary>One text for each fault, in the order of the faults.</summary>
    public static IEnumerable<string> Describe(PartFaults faults)
    {
        foreach (var (fault, text) in Texts)
        {
            if ((faults & fault) is not PartFaults.None) yield return text;
        }
    }
}
