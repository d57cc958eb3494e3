using System.Collections.Immutable;

namespace MilSwitch.Lookup.Finding.Directories;

/// <summary>A question to a directory (RFC 4511 §4.5.1). Aliases are never followed. Immutable.</summary>
/// <param name="Base">Where it begins; empty: the root.</param>
/// <param name="IsSubtree">The entry and all below it; else the entry alone.</param>
/// <param name="Filter">Which entries.</param>
/// <param name="Attributes">Which attributes of them.</param>
/// <param name="MostEntries">More is a fault.</param>
/// <param name="MostOctets">Of the whole answer; more is a fault.</param>
internal sealed record LdapSearch(string Base, bool IsSubtree, LdapFilter Filter, ImmutableArray<string> Attributes, int MostEntries, int MostOctets);

/// <summary>What a directory found. Immutable.</summary>
/// <param name="Entries">In its order.</param>
/// <param name="HasReferrals">The directory said that others know more; nobody asks those.</param>
internal sealed record LdapResult(ImmutableArray<LdapEntry> Entries, bool HasReferrals)
{
    /// <summary>Of each attribute that was asked for, over all entries.</summary>
    public ImmutableArray<LdapValue> Values => [.. Entries.SelectMany(e => e.Values)];
}

/// <summary>One entry. Immutable.</summary>
/// <param name="Name">As the directory writes it; a stranger's text.</param>
/// <param name="Values">Of each attribute that was asked for.</param>
internal sealed record LdapEntry(string Name, ImmutableArray<LdapValue> Values);

/// <summary>One value of an attribute.</summary>
internal readonly record struct LdapValue(string Attribute, ReadOnlyMemory<byte> Octets);

/// <summary>The directory did not answer as it should. The text is for an operator.</summary>
internal sealed class LdapException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Nothing was heard of it: it will not tell of other entries either.</summary>
    public bool IsSilence { get; init; }
}
