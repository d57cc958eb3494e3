using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace MilSwitch.Domain.Boundaries;

/// <summary>The chain of custody of one message: each record names the digest of the one before it. Pure.</summary>
public static class CustodyChain
{
    /// <summary>The chain with one more record.</summary>
    /// <param name="chain">So far; empty: it begins.</param>
    /// <param name="record">Its number and the digest of the record before it are filled in.</param>
    public static ImmutableArray<CustodyRecord> Append(ImmutableArray<CustodyRecord> chain, CustodyRecord record)
    {
        var before = chain.IsDefaultOrEmpty ? null : chain[^1];
        return (chain.IsDefault ? [] : chain).Add(record with { Number = (before?.Number ?? 0) + 1, Previous = before is null ? "" : Digest(before) });
    }

    /// <summary>
    /// Number of the first record that does not follow from the one before it; null: all do. A message that goes through several
    /// boundaries, or was corrected before, begins anew with what was there already.
    /// </summary>
    public static int? FirstFault(ImmutableArray<CustodyRecord> chain)
    {
        for (var i = 0; i < chain.Length; i++)
        {
            if (chain[i].Number != i + 1 || chain[i].Previous != (i is 0 ? "" : Digest(chain[i - 1])) || !Continues(chain, i)) return i + 1;
        }

        return null;
    }

    private static bool Continues(ImmutableArray<CustodyRecord> chain, int at)
    {
        if (at is 0 || chain[at].Before == chain[at - 1].After) return true;
        if (chain[at].Before.Length > 0) return false;
        for (var i = 0; i < at; i++)
        {
            if (chain[i].After == chain[at].After) return true;
        }

        return false;
    }

    /// <summary>SHA-384 over a record as it is written, in hexadecimal.</summary>
    public static string Digest(CustodyRecord record) => Hex(JsonSerializer.SerializeToUtf8Bytes(record, BoundaryJson.Default.CustodyRecord));

    /// <summary>SHA-384 over a message, in hexadecimal.</summary>
    public static string Digest(ReadOnlyMemory<byte> message) => Hex(message.Span);

    private static string Hex(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(SHA384.HashData(octets));
}
