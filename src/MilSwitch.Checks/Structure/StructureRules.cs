using System.Collections.Immutable;
using System.Text.RegularExpressions;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Structure;

/// <summary>What a message may be made of. Immutable; a value outside of its range throws <see cref="ArgumentOutOfRangeException"/>, a bad pattern <see cref="ArgumentException"/>.</summary>
public sealed partial record StructureRules
{
    /// <summary>Depth 8 and 100 parts, else the defaults of <see cref="ReadingRules"/>.</summary>
    public ReadingRules Reading { get; init; } = new() { Depth = 8, Parts = 100 };

    /// <summary>
    /// Media types that may stand in it, <c>type/subtype</c> or <c>type/*</c>, in lower case; containers and what is only implied
    /// included. Default: text, PDF, PNG, JPEG, messages and reports, and the multiparts that hold them.
    /// </summary>
    public ImmutableArray<string> MediaTypes { get; init => field = Matching(value, TypePattern()); } =
    [
        "text/plain", "text/html", "text/rfc822-headers", "application/pdf", "image/png", "image/jpeg",
        "message/rfc822", "message/delivery-status", "message/disposition-notification",
        "multipart/mixed", "multipart/alternative", "multipart/related", "multipart/report", "multipart/digest",
    ];

    /// <summary>Header fields that may stand in it, by name in any case; an asterisk at the end stands for any rest. Default: all.</summary>
    public ImmutableArray<string> Fields { get; init => field = Matching(value, FieldPattern()); } = ["*"];

    /// <summary>Octets of the whole message, 1 KiB to 2 GiB. Default 100 MiB.</summary>
    public long LargestMessage { get; init => field = Bounds.Within(value, 1L << 10, 2L << 30); } = 100L << 20;

    /// <summary>Octets of one part, decoded, 1 to 2 GiB. Default 25 MiB.</summary>
    public long LargestPart { get; init => field = Bounds.Within(value, 1L, 2L << 30); } = 25L << 20;

    /// <summary>Octets of one line of a header, 78 to 10,000. Default 998 (RFC 5322 §2.1.1).</summary>
    public int LongestLine { get; init => field = Bounds.Within(value, 78, 10_000); } = 998;

    /// <summary>Octets of one field with its folds, 998 to 256 KiB. Default 16 KiB.</summary>
    public int LongestField { get; init => field = Bounds.Within(value, 998, 256 << 10); } = 16 << 10;

    /// <summary>UTF-8 may stand in headers (RFC 6532). Default true.</summary>
    public bool AllowsUtf8 { get; init; } = true;

    /// <summary>Mailboxes in From, 1 to 100. Default 1: readers show one.</summary>
    public int MostAuthors { get; init => field = Bounds.Within(value, 1, 100); } = 1;

    /// <summary>What becomes of a message that does not keep to this: <see cref="CheckOutcome.Suspicious"/> or <see cref="CheckOutcome.Blocked"/>, the default.</summary>
    public CheckOutcome Outcome { get; init => field = Bounds.Holding(value); } = CheckOutcome.Blocked;

    internal bool AllowsType(string mediaType) => MediaTypes.Any(p => p[^1] is '*'
        ? mediaType.AsSpan().StartsWith(p.AsSpan(0, p.Length - 1), StringComparison.Ordinal)
        : p == mediaType);

    internal bool AllowsField(string name) => Fields.Any(p => p[^1] is '*'
        ? name.AsSpan().StartsWith(p.AsSpan(0, p.Length - 1), StringComparison.OrdinalIgnoreCase)
        : p.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static ImmutableArray<string> Matching(ImmutableArray<string> patterns, Regex grammar) =>
        patterns.FirstOrDefault(p => !grammar.IsMatch(p)) is { } bad ? throw new ArgumentException($"no pattern: {bad}", nameof(patterns)) : patterns;

    [GeneratedRegex(@"^[a-z0-9][a-z0-9!#$&^_.+-]*/(\*|[a-z0-9][a-z0-9!#$&^_.+-]*)$", RegexOptions.CultureInvariant)]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"^([!-)+-9;-~]+\*?|\*)$", RegexOptions.CultureInvariant)]
    private static partial Regex FieldPattern();
}
