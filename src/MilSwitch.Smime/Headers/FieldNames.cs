using System.Collections.Frozen;

namespace MilSwitch.Smime.Headers;

/// <summary>Which field is of which kind for header protection.</summary>
internal static class FieldNames
{
    public const string HpOuter = "HP-Outer";

    // RFC 9788 §4 names what readers show; §3.2.1 adds what is there only to be read (RFC 5322 §3.6.5).
    private static readonly FrozenSet<string> UserFacing =
        new[] { "Subject", "From", "To", "Cc", "Date", "Keywords", "Comments" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // RFC 9788 §7: nobody who composes a message can know them.
    private static readonly FrozenSet<string> Transit =
        new[] { "Received", "Return-Path", "Delivered-To", "DKIM-Signature", "Authentication-Results", "Archived-At", "X-MilSwitch-Suspected-Duplicate", "X-MilSwitch-Signature-Role" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Blocking =
        new[] { "From", "Sender", "To", "Cc", "Bcc", "Reply-To", "SIO-Label", "MT-Priority", "MMHS-Primary-Precedence", "MMHS-Copy-Precedence", "MMHS-Message-Type" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Suspicious =
        new[] { "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Keywords", "Comments" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>RFC 9787 §1.1.1: they say how the octets are to be read, and belong to each layer by itself.</summary>
    public static bool IsStructural(string name) =>
        name.Equals("MIME-Version", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);

    public static bool IsUserFacing(string name) => UserFacing.Contains(name);

    public static bool IsTransit(string name) =>
        Transit.Contains(name) || name.StartsWith("ARC-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("List-", StringComparison.OrdinalIgnoreCase);

    /// <summary>How bad it is when the outer value is another one.</summary>
    public static HeaderMismatch Severity(string name) =>
        Blocking.Contains(name) ? HeaderMismatch.Blocking : Suspicious.Contains(name) ? HeaderMismatch.Suspicious : HeaderMismatch.Benign;

    /// <summary>A field that only who composed the message may have written: outside alone, it was added. Label and priority may be added by relays.</summary>
    public static bool IsComposers(string name) =>
        Severity(name) is not HeaderMismatch.Benign && !name.Equals("SIO-Label", StringComparison.OrdinalIgnoreCase) && !name.Equals("MT-Priority", StringComparison.OrdinalIgnoreCase);
}
