using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Boundaries;

/// <summary>Whom the From field of a message names. Immutable.</summary>
/// <param name="Addresses">Those that can be read.</param>
/// <param name="AreClear">Nothing else in it looks like an address: what one reader leaves out another may show.</param>
internal sealed record MessageAuthors(ImmutableArray<string> Addresses, bool AreClear)
{
    public static MessageAuthors Of(ReadOnlyMemory<byte> message) => Of(HeaderBlock.Scan(message, int.MaxValue, int.MaxValue), "From"u8);

    /// <param name="header">That of the message.</param>
    /// <param name="name">Name of the field that tells: From or Sender.</param>
    public static MessageAuthors Of(HeaderBlock header, ReadOnlySpan<byte> name)
    {
        var addresses = AddressList.Of(header, name);
        var signs = 0;
        foreach (var field in header)
        {
            if (Ascii.EqualsIgnoreCase(field.Name.Span, name)) signs += field.RawValue.Span.Count((byte)'@');
        }

        return new MessageAuthors(addresses, signs == addresses.Length);
    }

    /// <summary>All of them are somebody's own; nobody is when none can be read.</summary>
    public bool AreOf(MailboxSet own) => AreClear && !Addresses.IsEmpty && Addresses.All(a => Mailbox.TryParse(a, allowUtf8: true, out var author, out _) && own.Contains(author));

    /// <summary>Why they can't all be told to be of a domain; null: they are.</summary>
    public string? Foreign(SecurityDomain domain)
    {
        if (Addresses.IsEmpty) return "it names no author";
        if (!AreClear) return "its From field has more that looks like an address";
        return Addresses.All(a => Mailbox.TryParse(a, allowUtf8: true, out var author, out _) && domain.Owns(author.Domain)) ? null : $"its author is not of {domain.Name}";
    }
}
