using System.Collections.Immutable;
using MilSwitch.Mime;

namespace MilSwitch.Acp127;

/// <summary>
/// The lines at the head of the text that say what fields of RFC 6477 say: the classification, and then, in any order and up to the first other line,
/// <c>SIC ABC/DEF</c>, <c>ORIG NR 612-78</c>, <c>REMARKS MINIMIZE CONSIDERED</c> (one for each), <c>EXER/NAME//</c> or <c>OPER/NAME//</c>
/// (<c>-</c> for no name), <c>SUBJ: TEXT</c>. Immutable.
/// </summary>
public sealed record Acp127TextHead
{
    internal const string Codes = "SIC ";
    internal const string Reference = "ORIG NR ";
    internal const string Remark = "REMARKS ";
    internal const string Exercise = "EXER/";
    internal const string Operation = "OPER/";
    internal const string SubjectLine = "SUBJ: ";
    private const string EndOfSet = "//";

    public static Acp127TextHead None { get; } = new();

    /// <summary>The first line; null: it names none, and then there is no head.</summary>
    public string? Classification { get; init; }

    public ImmutableArray<string> SubjectIndicatorCodes { get; init; } = [];

    public string? OriginatorReference { get; init; }

    public ImmutableArray<string> MessageInstructions { get; init; } = [];

    public MmhsMessageType? MessageType { get; init; }

    public string? Subject { get; init; }

    /// <summary>Reads the head of a text.</summary>
    public static Acp127TextHead Read(ImmutableArray<string> text)
    {
        if (text.IsEmpty || !Acp127Message.IsClassification(text[0])) return None;
        var head = new Acp127TextHead { Classification = text[0] };
        for (var i = 1; i < text.Length && head.Taking(text[i]) is { } more; i++) head = more;
        return head;
    }

    /// <summary>The line for a type; null: the format has none.</summary>
    internal static string? LineOf(MmhsMessageType type) => type.Value switch
    {
        0 => Exercise + (type.Identifier ?? "-") + EndOfSet,
        1 => Operation + (type.Identifier ?? "-") + EndOfSet,
        _ => null,
    };

    // Null: the line belongs to what is written below the head.
    private Acp127TextHead? Taking(string line)
    {
        if (ValueOf(line, Codes) is { } codes && SubjectIndicatorCodes.IsEmpty)
        {
            ImmutableArray<string> all = [.. codes.Split(['/', ' '], StringSplitOptions.RemoveEmptyEntries)];
            return all.Length > 0 && all.All(c => c.Length is >= 3 and <= 8 && c.All(char.IsAsciiLetterOrDigit)) ? this with { SubjectIndicatorCodes = all } : null;
        }

        if (ValueOf(line, Reference) is { } reference && OriginatorReference is null) return this with { OriginatorReference = reference };
        if (ValueOf(line, Remark) is { } remark) return this with { MessageInstructions = MessageInstructions.Add(remark) };
        if (ValueOf(line, SubjectLine) is { } subject && Subject is null) return this with { Subject = subject };
        if (MessageType is not null || !line.EndsWith(EndOfSet, StringComparison.Ordinal)) return null;
        var name = line[..^EndOfSet.Length];
        var type = ValueOf(name, Exercise) is not null ? 0 : ValueOf(name, Operation) is not null ? 1 : -1;
        return type < 0 ? null : this with { MessageType = new MmhsMessageType(type, name[Exercise.Length..] is "-" ? null : name[Exercise.Length..]) };
    }

    private static string? ValueOf(string line, string prefix) =>
        line.StartsWith(prefix, StringComparison.Ordinal) && line.Length > prefix.Length && line[prefix.Length] is not ' ' && line[^1] is not ' ' ? line[prefix.Length..] : null;
}
