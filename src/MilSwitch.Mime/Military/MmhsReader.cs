using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>
/// Reads the MMHS fields of a header by the grammar of RFC 6477 §4 and RFC 7912 §4. One pass, no recursion, bounded by the header, 64 KiB and
/// 1,000 values of a field. Never throws for any octets. Stateless and thread-safe.
/// </summary>
public static class MmhsReader
{
    private const int MostOctets = 64 << 10;

    /// <summary>Reads all of them.</summary>
    /// <param name="header">Scanned.</param>
    public static MmhsReading Read(HeaderBlock header)
    {
        Span<int> at = stackalloc int[MmhsFieldNames.Count];
        Span<bool> twice = stackalloc bool[MmhsFieldNames.Count];
        at.Fill(-1);
        for (var i = 0; i < header.Count; i++)
        {
            if (Find(header.Name(i)) is not { } field) continue;
            twice[(int)field] = at[(int)field] >= 0;
            at[(int)field] = i;
        }

        var fields = MmhsFields.None;
        var present = ImmutableArray.CreateBuilder<MmhsField>();
        var faults = ImmutableArray.CreateBuilder<MmhsFault>();
        for (var i = 0; i < at.Length; i++)
        {
            if (at[i] < 0) continue;
            var field = (MmhsField)i;
            present.Add(field);
            if (twice[i]) faults.Add(new MmhsFault(field, MmhsRule.Twice, 0));
            else if (Read(field, header.RawValue(at[i]), ref fields) is { } fault) faults.Add(fault);
        }

        return new MmhsReading(fields, faults.ToImmutable()) { Present = present.ToImmutable() };
    }

    /// <summary>Reads one level: <c>[FWS] (nonneg-integer / std-precedence) [CFWS]</c>, without leading zeros, up to 31.</summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="number">The level, when the result is true.</param>
    public static bool TryReadPrecedence(ReadOnlySpan<byte> value, out PrecedenceNumber number)
    {
        var body = new MmhsBody(value);
        return TryReadPrecedence(ref body, out number);
    }

    /// <summary>Reads strings between semicolons: MMHS-Message-Instructions and the fields made like it.</summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="strings">When the result is true.</param>
    public static bool TryReadStrings(ReadOnlySpan<byte> value, out ImmutableArray<string> strings)
    {
        strings = [];
        var body = new MmhsBody(value);
        return value.Length <= MostOctets && body.TryReadStrings(1, MmhsBody.LongestString, MmhsRule.Length, out strings);
    }

    private static MmhsField? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length < 17 || (name[4] is not (byte)'-') || !Ascii.EqualsIgnoreCase(name[..4], "MMHS"u8)) return null;
        for (var i = 0; i < MmhsFieldNames.Count; i++)
        {
            var known = MmhsFieldNames.All[i];
            if (known.Length == name.Length && Ascii.EqualsIgnoreCase(name, known)) return (MmhsField)i;
        }

        return null;
    }

    private static MmhsFault? Read(MmhsField field, ReadOnlySpan<byte> value, ref MmhsFields fields)
    {
        if (value.Length > MostOctets) return new MmhsFault(field, MmhsRule.TooLong, 0);
        var body = new MmhsBody(value);
        if (TryRead(field, ref body, ref fields)) return null;
        // Everything that fails says why.
        return new MmhsFault(field, body.Rule ?? MmhsRule.Excess, Math.Min(body.FaultAt, Math.Max(value.Length - 1, 0)) + 1);
    }

    private static bool TryRead(MmhsField field, ref MmhsBody body, ref MmhsFields fields)
    {
        ImmutableArray<string> strings;
        ImmutableArray<MmhsAddress> addresses;
        string? text;
        PrecedenceNumber level;
        switch (field)
        {
            case MmhsField.ExemptedAddress:
                if (!MmhsAddressList.TryRead(ref body, groups: true, out addresses)) return false;
                fields = fields with { ExemptedAddresses = addresses };
                return true;
            case MmhsField.AuthorizingUsers:
                if (!MmhsAddressList.TryRead(ref body, groups: false, out addresses)) return false;
                fields = fields with { AuthorizingUsers = addresses };
                return true;
            case MmhsField.ExtendedAuthorisationInfo:
                if (!MmhsDate.TryRead(ref body, out var time)) return false;
                fields = fields with { ExtendedAuthorisationInfo = time };
                return true;
            case MmhsField.SubjectIndicatorCodes:
                if (!body.TryReadStrings(MmhsBody.ShortestCode, MmhsBody.LongestCode, MmhsRule.CodeLength, out strings)) return false;
                fields = fields with { SubjectIndicatorCodes = strings };
                return true;
            case MmhsField.HandlingInstructions or MmhsField.MessageInstructions or MmhsField.OtherRecipientsIndicatorTo or MmhsField.OtherRecipientsIndicatorCc:
                if (!body.TryReadStrings(1, MmhsBody.LongestString, MmhsRule.Length, out strings)) return false;
                fields = field switch
                {
                    MmhsField.HandlingInstructions => fields with { HandlingInstructions = strings },
                    MmhsField.MessageInstructions => fields with { MessageInstructions = strings },
                    MmhsField.OtherRecipientsIndicatorTo => fields with { OtherRecipientsTo = strings },
                    _ => fields with { OtherRecipientsCc = strings },
                };
                return true;
            case MmhsField.CodressMessageIndicator:
                body.SkipSpace();
                if (!body.TryReadNumber(int.MaxValue, out var indicator) || !body.End()) return false;
                fields = fields with { CodressMessageIndicator = indicator };
                return true;
            case MmhsField.OriginatorReference or MmhsField.Acp127MessageIdentifier or MmhsField.OriginatorPlad:
                if (!body.TryReadString(out text)) return false;
                fields = field switch
                {
                    MmhsField.OriginatorReference => fields with { OriginatorReference = text },
                    MmhsField.Acp127MessageIdentifier => fields with { Acp127MessageIdentifier = text },
                    _ => fields with { OriginatorPlad = text },
                };
                return true;
            case MmhsField.PrimaryPrecedence:
                if (!TryReadPrecedence(ref body, out level)) return false;
                fields = fields with { PrimaryPrecedence = level };
                return true;
            case MmhsField.CopyPrecedence:
                if (!TryReadPrecedence(ref body, out level)) return false;
                fields = fields with { CopyPrecedence = level };
                return true;
            default:
                if (!TryReadType(ref body, out var type)) return false;
                fields = fields with { MessageType = type };
                return true;
        }
    }

    private static bool TryReadPrecedence(ref MmhsBody body, out PrecedenceNumber number)
    {
        number = default;
        body.SkipSpace();
        var start = body.Position;
        var value = 0;
        if (char.IsAsciiLetter((char)body.Current))
        {
            if (!TryReadKeyword(body.ReadWord(), out var named)) return body.Fail(MmhsRule.Number, start);
            value = (int)named;
        }
        else if (!body.TryReadNumber(PrecedenceNumber.Maximum, out value))
        {
            return false;
        }

        number = new PrecedenceNumber(value);
        return body.EndAfterComments();
    }

    private static bool TryReadKeyword(ReadOnlySpan<byte> word, out Precedence precedence)
    {
        const int Longest = 9;
        precedence = default;
        if (word.Length is 0 or > Longest) return false;
        Span<char> text = stackalloc char[Longest];
        Encoding.ASCII.GetChars(word, text);
        return PrecedenceExtensions.TryParseKeyword(text[..word.Length], out precedence);
    }

    // [FWS] message-type [CFWS] [";" [FWS] "identifier" [FWS] "=" [FWS] quoted-military-string [FWS]]
    private static bool TryReadType(ref MmhsBody body, out MmhsMessageType? type)
    {
        type = null;
        body.SkipSpace();
        var start = body.Position;
        int value;
        if (char.IsAsciiLetter((char)body.Current))
        {
            if (!MmhsMessageType.TryParseKeyword(body.ReadWord(), out value)) return body.Fail(MmhsRule.Number, start);
        }
        else if (!body.TryReadNumber(MmhsMessageType.Maximum, out value))
        {
            return false;
        }

        if (!body.SkipComments()) return false;
        string? identifier = null;
        if (body.Current is (byte)';')
        {
            body.Position++;
            body.SkipSpace();
            var at = body.Position;
            if (!Ascii.EqualsIgnoreCase(body.ReadWord(), "identifier"u8)) return body.Fail(MmhsRule.Parameter, at);
            body.SkipSpace();
            if (body.Current is not (byte)'=') return body.Fail(MmhsRule.Parameter, body.Position);
            body.Position++;
            body.SkipSpace();
            if (!body.TryReadQuoted(out identifier)) return false;
        }

        type = new MmhsMessageType(value, identifier);
        return body.End();
    }
}
