using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Military;

namespace MilSwitch.Mime;

/// <summary>What a released message says of its release in its header. Stateless and thread-safe.</summary>
public static class ReleaseFields
{
    /// <summary>
    /// The message with MMHS-Authorizing-Users (RFC 7912 §4) and, as the time of its release, MMHS-Extended-Authorisation-Info (RFC
    /// 6477 §3.2) in the place of those it had; the rest stays octet by octet.
    /// </summary>
    /// <param name="message">Whole, with CRLF line ends.</param>
    /// <param name="by">Who released it, at least one.</param>
    /// <param name="time">When; null: that field stays as it is.</param>
    /// <exception cref="FormatException">The header can't be read to its end, or there are more addresses than the field holds.</exception>
    public static ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> message, ImmutableArray<Mailbox> by, DateTimeOffset? time)
    {
        var users = MmhsWriter.Write(MmhsFields.None with { AuthorizingUsers = [.. by.Select(b => new MmhsAddress(b))] });
        var made = Replace(message, MmhsField.AuthorizingUsers, users);
        return time is { } at ? Replace(made, MmhsField.ExtendedAuthorisationInfo, MmhsWriter.Write(MmhsFields.None with { ExtendedAuthorisationInfo = at })) : made;
    }

    private static ReadOnlyMemory<byte> Replace(ReadOnlyMemory<byte> message, MmhsField name, byte[] field)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        return header.IsClosed ? FieldReplacement.Replace(message, header, name.Name(), field) : throw new FormatException("the header can't be read to its end");
    }
}
