namespace MilSwitch.Smime.Headers;

/// <summary>What becomes of a field outside.</summary>
/// <param name="Kind">How it is treated.</param>
/// <param name="Value">What stands in its place, for <see cref="OuterRuleKind.Replace"/>.</param>
public sealed record OuterRule(OuterRuleKind Kind, string? Value = null)
{
    public static OuterRule Keep { get; } = new(OuterRuleKind.Keep);

    public static OuterRule Remove { get; } = new(OuterRuleKind.Remove);

    /// <summary>The fixed text of RFC 9788 §3.2.1.</summary>
    public static OuterRule Obscure { get; } = new(OuterRuleKind.Replace, "[...]");

    public static OuterRule AddressesOnly { get; } = new(OuterRuleKind.AddressesOnly);

    public static OuterRule UtcDate { get; } = new(OuterRuleKind.UtcDate);

    public static OuterRule NumberOnly { get; } = new(OuterRuleKind.NumberOnly);
}

/// <summary>Ways of <see cref="OuterRule"/>.</summary>
public enum OuterRuleKind : byte
{
    Keep,
    Remove,
    Replace,

    /// <summary>addr-specs without display names; a list that can't be read is removed.</summary>
    AddressesOnly,

    /// <summary>The same moment in UTC.</summary>
    UtcDate,

    /// <summary>The leading number without parameters and comments (RFC 6477 §3.10).</summary>
    NumberOnly,
}
