using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Mime;

/// <summary>
/// Takes the addr-specs out of To and Cc fields (RFC 5322 §3.4), to tell action from information addressees. One pass,
/// no recursion; display names, groups, comments and old source routes are stepped over, what is no mailbox is left out.
/// </summary>
public static class AddressList
{
    /// <summary>More than any envelope may hold.</summary>
    internal const int MaximumAddresses = 20_000;

    private const int LongestAddress = 1024;

    /// <summary>The addresses in all fields of a name, in their order.</summary>
    /// <param name="header">Scanned.</param>
    /// <param name="fieldName">In any case.</param>
    public static ImmutableArray<string> Of(HeaderBlock header, ReadOnlySpan<byte> fieldName)
    {
        var addresses = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < header.Count; i++)
        {
            if (Ascii.EqualsIgnoreCase(header.Name(i), fieldName)) Read(header.RawValue(i), addresses);
        }

        return addresses.ToImmutable();
    }

    /// <summary>A field's value without mailboxes of some addresses, the others to the octet.</summary>
    /// <param name="value">Folded, without the line end of the field.</param>
    /// <param name="addresses">Those that go.</param>
    /// <returns>Empty: nobody is left; null: there is nothing to take out, or it can't be read so that only that would go.</returns>
    public static byte[]? Without(ReadOnlySpan<byte> value, ImmutableArray<Mailbox> addresses)
    {
        var kept = new List<byte>(value.Length);
        var taken = false;
        for (var start = 0; start <= value.Length;)
        {
            var end = EndOfItem(value, start);
            if (end < 0) return null;
            var item = value[start..end];
            var found = ImmutableArray.CreateBuilder<string>();
            Read(item, found);
            if (found is [var only] && addresses.Any(a => Mailbox.TryParse(only, allowUtf8: true, out var mailbox, out _) && mailbox.Equals(a))) taken = true;
            else
            {
                if (kept.Count > 0) kept.Add((byte)',');
                kept.AddRange(item);
            }

            start = end + 1;
        }

        return !taken ? null : kept.All(b => b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') ? [] : [.. kept];
    }

    // Up to the comma or the end; -1: a group, or what does not close.
    private static int EndOfItem(ReadOnlySpan<byte> value, int start)
    {
        var angle = false;
        for (var i = start; i < value.Length; i++)
        {
            switch (value[i])
            {
                case (byte)'(':
                    if (!CommentedText.TrySkip(value, ref i)) return -1;
                    i--;
                    break;
                case (byte)'"':
                    do
                    {
                        if (value[i] is (byte)'\\') i++;
                        i++;
                    }
                    while (i < value.Length && value[i] is not (byte)'"');
                    if (i >= value.Length) return -1;
                    break;
                case (byte)'<':
                    angle = true;
                    break;
                case (byte)'>':
                    angle = false;
                    break;
                case (byte)':' or (byte)';' when !angle:
                    return -1;
                case (byte)',' when !angle:
                    return i;
            }
        }

        return angle ? -1 : value.Length;
    }

    internal static void Read(ReadOnlySpan<byte> value, ImmutableArray<string>.Builder into)
    {
        Span<byte> address = stackalloc byte[LongestAddress];
        var length = 0;
        var angle = false;
        var taken = false;
        for (var i = 0; i < value.Length && into.Count < MaximumAddresses; i++)
        {
            switch (value[i])
            {
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    continue;
                case (byte)'(':
                    if (!CommentedText.TrySkip(value, ref i)) return;
                    i--;
                    continue;
                case (byte)'"':
                    i = CopyQuoted(value, i, address, ref length);
                    continue;
                case (byte)'<':
                    // What came before was the display name.
                    length = 0;
                    angle = true;
                    continue;
                case (byte)'>' when angle:
                    Take(address[..length], into);
                    angle = false;
                    taken = true;
                    length = 0;
                    continue;
                case (byte)',' or (byte)';' when !angle:
                    if (!taken) Take(address[..length], into);
                    taken = false;
                    length = 0;
                    continue;
                case (byte)':' when !InLiteral(address[..length]):
                    // The name of a group, or a source route (RFC 5322 §4.4).
                    length = 0;
                    continue;
            }

            if (length < address.Length) address[length] = value[i];
            length = Math.Min(length + 1, address.Length);
        }

        if (!angle && !taken) Take(address[..length], into);
    }

    // Up to the closing quote, quotes included; a quote that is not closed ends the field.
    private static int CopyQuoted(ReadOnlySpan<byte> value, int start, Span<byte> address, ref int length)
    {
        var i = start;
        do
        {
            if (length < address.Length) address[length++] = value[i];
            if (value[i] == (byte)'\\' && i + 1 < value.Length)
            {
                i++;
                if (length < address.Length) address[length++] = value[i];
            }

            i++;
        }
        while (i < value.Length && value[i] != (byte)'"');
        if (i < value.Length && length < address.Length) address[length++] = (byte)'"';
        return i;
    }

    private static bool InLiteral(ReadOnlySpan<byte> address) => address.LastIndexOf("@["u8) >= 0;

    private static void Take(ReadOnlySpan<byte> address, ImmutableArray<string>.Builder into)
    {
        if (address.Length is 0 or LongestAddress || into.Count >= MaximumAddresses) return;
        if (Mailbox.TryParse(Encoding.UTF8.GetString(address), allowUtf8: true, out var mailbox, out _)) into.Add(mailbox.Text);
    }
}
