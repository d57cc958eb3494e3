using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Boundaries;

/// <summary>
/// Takes out of a header what tells of the inside of a domain. Received fields of this switch stay, without what they say of
/// clients, so that a message that goes round is seen. The rest stays octet by octet. Pure.
/// </summary>
internal static class Disclosure
{
    /// <param name="message">All of it.</param>
    /// <param name="rules">What goes.</param>
    /// <param name="host">The name that the shortened fields give.</param>
    /// <param name="ownNames">All names of this switch.</param>
    /// <param name="gateways">Addresses that nobody beyond sees in To and Cc.</param>
    /// <returns>The message, and the names of the fields that went.</returns>
    public static (ReadOnlyMemory<byte> Message, ImmutableArray<string> Removed) Apply(
        ReadOnlyMemory<byte> message, DisclosureRules rules, string host, IReadOnlyCollection<string> ownNames, ImmutableArray<Mailbox> gateways = default)
    {
        var header = HeaderBlock.Scan(message, int.MaxValue, int.MaxValue);
        var own = MessageFacts.Read(header, ownNames).OwnReceivedCount;
        var removed = ImmutableArray.CreateBuilder<string>();
        var kept = new ArrayBufferWriter<byte>(message.Length + 64);
        for (var i = 0; i < own; i++) kept.Write(Encoding.ASCII.GetBytes($"Received: by {host}\r\n"));
        var from = 0;
        foreach (var field in header)
        {
            var name = Encoding.ASCII.GetString(field.Name.Span);
            var without = !gateways.IsDefaultOrEmpty && (name.ToUpperInvariant() is "TO" or "CC") ? AddressList.Without(field.RawValue.Span, gateways) : null;
            if (without is null && !name.Equals("Received", StringComparison.OrdinalIgnoreCase) && !rules.Removes(name)) continue;
            removed.Add(without is null ? name : "a gateway's address in " + name);
            kept.Write(message.Span[from..field.Start]);
            if (without is { Length: > 0 }) kept.Write([.. field.Name.Span, .. ":"u8, .. without, .. "\r\n"u8]);
            from = field.Start + field.Length;
        }

        if (removed.Count is 0) return (message, []);
        kept.Write(message.Span[from..]);
        return (kept.WrittenMemory, removed.ToImmutable());
    }
}
