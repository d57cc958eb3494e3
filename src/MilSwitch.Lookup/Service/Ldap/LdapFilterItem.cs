namespace MilSwitch.Lookup.Service.Ldap;

internal enum LdapFilterKind : byte
{
    /// <summary>All of the items before it, as many as it counts.</summary>
    And,

    /// <summary>Any of them.</summary>
    Or,

    /// <summary>Not the one before it.</summary>
    Not,

    Equal,

    Substrings,

    Present,

    /// <summary>What can't be told here: ordering, matching rules.</summary>
    Undefined,
}

/// <summary>An element of a filter in postfix order. Immutable.</summary>
/// <param name="Count">Of And, Or and Not: how many they join.</param>
/// <param name="Attribute">Its known name in lower case; else as it came.</param>
/// <param name="Value">Of Equal, and the beginning in Substrings; null: it equals nothing, or has no beginning.</param>
internal readonly record struct LdapFilterItem(LdapFilterKind Kind, int Count = 0, string Attribute = "", string? Value = null)
{
    /// <summary>Of Equal for an address: the address as entries have it, read once for all entries; null: it is none.</summary>
    public string? Address { get; init; }

    /// <summary>Of Substrings: what must come behind the beginning, in order.</summary>
    public string?[] Any { get; init; } = [];

    /// <summary>Of Substrings: what must stand at the end; null: anything.</summary>
    public string? Final { get; init; }
}
