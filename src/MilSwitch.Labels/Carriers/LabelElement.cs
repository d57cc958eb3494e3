using System.Collections.Immutable;
using System.Formats.Asn1;

namespace MilSwitch.Labels.Carriers;

/// <summary>The SET that ESSSecurityLabel (RFC 2634 §3.2) and SecurityLabel (X.411) have in common.</summary>
internal static class LabelElement
{
    // Octets that one encoding may have for its writer to be kept.
    private const int LargestSpare = 8_192;

    // For the next encoding of this thread.
    [ThreadStatic]
    private static AsnWriter? spare;

    /// <summary>Reads octets that one call of <paramref name="read"/> uses up.</summary>
    /// <param name="octets">As they came.</param>
    /// <param name="name">What they should be.</param>
    /// <param name="read">Reads them.</param>
    /// <exception cref="LabelRefusedException">They are none, with the position.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> octets, string name, LabelElementReader<T> read)
    {
        if (octets.Length > LabelBounds.EncodedOctets) throw new LabelRefusedException(LabelFault.TooLarge, $"{name} is larger than is allowed", 0);
        var where = 0;
        try
        {
            var cursor = new LabelCursor(octets, ref where);
            var value = read(ref cursor);
            cursor.End();
            return value;
        }
        catch (AsnContentException fault)
        {
            throw new LabelRefusedException(LabelFault.Malformed, "not " + name, where, fault);
        }
        catch (LabelRefusedException refusal) when (refusal.Position < 0)
        {
            throw new LabelRefusedException(refusal.Fault, refusal.Message, where, refusal);
        }
    }

    /// <summary>Reads one label.</summary>
    /// <param name="cursor">Before it.</param>
    /// <param name="isEss">The policy must be there, and a mark may be UTF8String.</param>
    /// <param name="policy">Where none is named; null: that is refused.</param>
    public static SecurityLabel Read(ref LabelCursor cursor, bool isEss, string? policy)
    {
        var set = cursor.Enter(LabelCursor.Set);
        string? named = null, mark = null;
        int? classification = null;
        var isUtf8 = false;
        ImmutableArray<LabelCategory> categories = default;
        while (set.HasData)
        {
            // Its members come in any order. Strings may be constructed, which is a bit of the tag.
            var tag = set.Next;
            switch (tag)
            {
                case LabelCursor.ObjectIdentifier:
                    Once(named is null);
                    named = set.ReadIdentifier();
                    break;
                case LabelCursor.Integer:
                    Once(classification is null);
                    var value = set.ReadNatural();
                    classification = value is >= 0 and <= LabelBounds.Classification ? value : throw new LabelRefusedException(LabelFault.OutOfRange, "a classification is from 0 to 256");
                    break;
                case LabelCursor.PrintableString or LabelCursor.PrintableString | 0x20:
                    Once(mark is null);
                    mark = Mark(set.ReadText(LabelCursor.PrintableString), LabelBounds.PrivacyMarkPrintable);
                    break;
                case LabelCursor.Utf8String or LabelCursor.Utf8String | 0x20 when isEss:
                    Once(mark is null);
                    mark = Mark(set.ReadText(LabelCursor.Utf8String), LabelBounds.PrivacyMark);
                    isUtf8 = true;
                    break;
                case LabelCursor.Set:
                    Once(categories.IsDefault);
                    categories = CategoryReader.Read(set.Enter(LabelCursor.Set));
                    break;
                default:
                    throw new AsnContentException();
            }
        }

        named ??= policy ?? throw new LabelRefusedException(isEss ? LabelFault.Malformed : LabelFault.UnknownPolicy, "a label names no policy");
        return new SecurityLabel
        {
            Policy = named, Classification = classification, PrivacyMark = mark, IsPrivacyMarkUtf8 = isUtf8 && PrintableText.Fits(mark!), Categories = categories.IsDefault ? [] : categories,
        };
    }

    /// <summary>Encodes a label in DER.</summary>
    /// <exception cref="LabelRefusedException">It can't be written.</exception>
    public static byte[] Encode(SecurityLabel label, bool isEss)
    {
        try
        {
            var octets = Encode(label, isEss, Write);
            // PushSetOf sorts by octets, which is another order: a sequence keeps ours, and takes the tag of SET after.
            octets[0] = LabelCursor.Set;
            return octets.Length <= LabelBounds.EncodedOctets ? octets : throw new LabelRefusedException(LabelFault.TooLarge, "a label is larger than is allowed");
        }
        catch (Exception fault) when (fault is ArgumentException or AsnContentException)
        {
            throw new LabelRefusedException(LabelFault.Malformed, "a part of a label can't be written", cause: fault);
        }
    }

    /// <summary>Encodes with this thread's writer.</summary>
    public static byte[] Encode<T>(T value, bool isEss, Action<AsnWriter, T, bool> write)
    {
        var writer = spare ?? new AsnWriter(AsnEncodingRules.DER);
        // One that failed half-way is not used again.
        spare = null;
        write(writer, value, isEss);
        var octets = writer.Encode();
        if (octets.Length > LargestSpare) return octets;
        writer.Reset();
        spare = writer;
        return octets;
    }

    // X.690 §10.3: members of a SET in the order of their tags: INTEGER, OBJECT IDENTIFIER, UTF8String, SET, PrintableString.
    private static void Write(AsnWriter writer, SecurityLabel label, bool isEss)
    {
        var mark = label.PrivacyMark;
        var isPrintable = mark is not null && !label.IsPrivacyMarkUtf8 && PrintableText.Fits(mark);
        if (mark is not null && !isEss) isPrintable = PrintableText.Fits(mark) ? true : throw new LabelRefusedException(LabelFault.Malformed, "a privacy mark in X.411 is 1 to 128 printable characters");
        using (writer.PushSequence())
        {
            if (label.Classification is { } classification) writer.WriteInteger(classification);
            writer.WriteObjectIdentifier(label.Policy);
            if (mark is not null && !isPrintable) writer.WriteCharacterString(UniversalTagNumber.UTF8String, mark);
            CategoryWriter.Write(writer, label.Categories);
            if (isPrintable) writer.WriteCharacterString(UniversalTagNumber.PrintableString, mark!);
        }
    }

    private static void Once(bool isFirst)
    {
        if (!isFirst) throw new LabelRefusedException(LabelFault.Duplicate, "a member of a label stands twice");
    }

    private static string Mark(string mark, int longest) => mark.Length is 0
        ? throw new AsnContentException()
        : mark.Length <= longest ? mark : throw new LabelRefusedException(LabelFault.TooLarge, "a privacy mark is longer than is allowed");
}
