using System.Collections.Immutable;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Mime;

/// <summary>What a header lacks (RFC 6477 §3.8, §3.9, and what is required besides). Pure; never throws for any octets.</summary>
public static class MmhsPresence
{
    /// <summary>The fields that have to be there and are not, in their order.</summary>
    /// <param name="header">Scanned.</param>
    /// <param name="reading">Of the same header.</param>
    /// <param name="rules">Of the listener.</param>
    public static ImmutableArray<MmhsField> Missing(HeaderBlock header, MmhsReading reading, MmhsRules rules)
    {
        if (!rules.Presence) return [];
        var wanted = new SortedSet<MmhsField>(rules.Require);
        if (!reading.Has(MmhsField.PrimaryPrecedence) && HasAddresses(header, "To"u8)) wanted.Add(MmhsField.PrimaryPrecedence);
        if (!reading.Has(MmhsField.CopyPrecedence) && (HasAddresses(header, "Cc"u8) || HasAddresses(header, "Bcc"u8))) wanted.Add(MmhsField.CopyPrecedence);
        return [.. wanted.Where(field => !reading.Has(field))];
    }

    /// <summary>Those of the missing fields that the switch knows what to write into.</summary>
    /// <param name="missing">From <see cref="Missing"/>.</param>
    /// <param name="action">The level at which action addressees get the message.</param>
    /// <param name="information">The level of information addressees.</param>
    /// <param name="accepted">When the message was accepted: its filing time.</param>
    /// <param name="left">Those that it does not.</param>
    public static MmhsFields Complete(ImmutableArray<MmhsField> missing, Precedence action, Precedence information, DateTimeOffset accepted, out ImmutableArray<MmhsField> left)
    {
        left = [.. missing.Where(field => field is not (MmhsField.PrimaryPrecedence or MmhsField.CopyPrecedence or MmhsField.ExtendedAuthorisationInfo))];
        return new MmhsFields
        {
            PrimaryPrecedence = missing.Contains(MmhsField.PrimaryPrecedence) ? new PrecedenceNumber((int)action) : null,
            CopyPrecedence = missing.Contains(MmhsField.CopyPrecedence) ? new PrecedenceNumber((int)information) : null,
            ExtendedAuthorisationInfo = missing.Contains(MmhsField.ExtendedAuthorisationInfo) ? accepted.ToUniversalTime() : null,
        };
    }

    private static bool HasAddresses(HeaderBlock header, ReadOnlySpan<byte> name) => header.CountOf(name) > 0 && !AddressList.Of(header, name).IsEmpty;
}
