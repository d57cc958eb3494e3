using System.Collections.Immutable;
using System.Security.Cryptography;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Configuration;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Releases;
using MilSwitch.Domain.Spool;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Mime;
using MilSwitch.Switching.Boundaries;

namespace MilSwitch.Switching.Releases;

/// <summary>Reads what has to be known of a message before it is judged whether it is released. Pure.</summary>
internal static class ReleaseReading
{
    /// <param name="stored">The message.</param>
    /// <param name="content">As it came.</param>
    /// <param name="opened">Without its protection; null: nobody opens it.</param>
    /// <param name="configuration">In force.</param>
    public static ReleaseSubject Of(StoredMessage stored, ReadOnlyMemory<byte> content, OpenedMessage? opened, SwitchConfiguration configuration)
    {
        var header = HeaderBlock.Scan(opened is { Fault: null } ? opened.Content : content, configuration.Content.MaximumHeaderOctets, configuration.Content.MaximumHeaderFields);
        var military = MmhsReader.Read(header);
        var fault = header.IsClosed ? military.Faults.Where(f => f.Field is MmhsField.AuthorizingUsers).Select(f => f.ToString()).FirstOrDefault() : "its header can't be read to its end";
        return new ReleaseSubject
        {
            Authors = Authors(header),
            Authorizers = [.. military.Fields.AuthorizingUsers.Select(a => a.Mailbox)],
            Fault = fault,
            Type = military.Fields.MessageType?.Value,
            HasFaultyType = !header.IsClosed || military.Faults.Any(f => f.Field is MmhsField.MessageType),
            Classification = Classification(stored, opened),
            Opened = opened,
            Account = stored.Envelope.Origin.AuthenticatedAs,
        };
    }

    /// <summary>SHA-256 in hexadecimal.</summary>
    public static string DigestOf(ReadOnlyMemory<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content.Span));

    private static ImmutableArray<Mailbox> Authors(HeaderBlock header)
    {
        var authors = MessageAuthors.Of(header, "From"u8);
        var known = ImmutableArray.CreateBuilder<Mailbox>(authors.Addresses.Length);
        foreach (var address in authors.AreClear ? authors.Addresses : [])
        {
            if (Mailbox.TryParse(address, allowUtf8: true, out var author, out _)) known.Add(author);
        }

        return known.Count == authors.Addresses.Length ? known.ToImmutable() : [];
    }

    // The highest that anybody says: a lower one would need fewer people.
    private static int? Classification(StoredMessage stored, OpenedMessage? opened)
    {
        int? highest = null;
        foreach (var encoded in (IEnumerable<ReadOnlyMemory<byte>>)[.. stored.Envelope.Label is { } own ? [own.Encoded] : Array.Empty<ReadOnlyMemory<byte>>(), .. opened?.Labels.Select(l => l.Encoded) ?? []])
        {
            try
            {
                if (EssLabel.Read(encoded).Classification is not { } level) return null;
                highest = Math.Max(highest ?? level, level);
            }
            catch (LabelRefusedException)
            {
                return null;
            }
        }

        return highest;
    }
}
