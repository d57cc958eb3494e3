using System.Collections.Immutable;

namespace MilSwitch.Labels;

/// <summary>
/// A security label, whatever carried it (<c>ESSSecurityLabel</c>, RFC 2634 §3.2, and its relatives). What it means is for its
/// policy to say. Equal when policy, classification, privacy mark and categories are the same in any order. Immutable.
/// </summary>
public sealed record SecurityLabel
{
    /// <summary>Object identifier of the policy, dotted.</summary>
    public required string Policy { get; init; }

    /// <summary>0 to 256; null: absent.</summary>
    public int? Classification
    {
        get;
        init => field = value is null or (>= 0 and <= LabelBounds.Classification) ? value : throw new LabelRefusedException(LabelFault.OutOfRange, "a classification is from 0 to 256");
    }

    /// <summary>1 to 1,024 characters; null: absent.</summary>
    public string? PrivacyMark
    {
        get;
        init => field = value is null or { Length: > 0 and <= LabelBounds.PrivacyMark } ? value : throw new LabelRefusedException(LabelFault.TooLarge, "a privacy mark has from 1 to 1024 characters");
    }

    /// <summary>The mark was UTF8String on the wire though PrintableString would do, and goes out so again. Of no other meaning.</summary>
    public bool IsPrivacyMarkUtf8 { get; init; }

    public ImmutableArray<LabelCategory> Categories { get; init; } = [];

    public bool Equals(SecurityLabel? other) => ReferenceEquals(this, other) || (other is not null && Policy == other.Policy && Classification == other.Classification
        && PrivacyMark == other.PrivacyMark && Categories.Length == other.Categories.Length && Categories.All(other.Categories.Contains) && other.Categories.All(Categories.Contains));

    public override int GetHashCode() => HashCode.Combine(Policy, Classification, PrivacyMark, Categories.Length);
}
