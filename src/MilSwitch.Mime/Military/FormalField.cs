using System.Collections.Immutable;
using System.Text;

namespace MilSwitch.Mime;

/// <summary>
/// Fields of RFC 5322 that a formal message is made of, read to the letter and written as they are read back: no empty elements, no routes.
/// Never throws for any octets. Stateless and thread-safe.
/// </summary>
public static class FormalField
{
    private const int MostOctets = 64 << 10;

    /// <summary>Reads <c>address-list</c>, without groups, of up to 1,000 addresses.</summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="addresses">At least one, when the result is true.</param>
    public static bool TryReadAddresses(ReadOnlySpan<byte> value, out ImmutableArray<MmhsAddress> addresses)
    {
        addresses = [];
        var body = new MmhsBody(value);
        return value.Length <= MostOctets && MmhsAddressList.TryRead(ref body, groups: false, out addresses);
    }

    /// <summary>Reads <c>date-time</c>.</summary>
    /// <param name="value">What follows the colon, folds included.</param>
    /// <param name="time">When the result is true.</param>
    public static bool TryReadDate(ReadOnlySpan<byte> value, out DateTimeOffset time)
    {
        time = default;
        var body = new MmhsBody(value);
        return value.Length <= MostOctets && MmhsDate.TryRead(ref body, out time);
    }

    /// <summary>The whole field, folded, ending in CRLF; nothing for no addresses.</summary>
    /// <exception cref="FormatException">An address or a name that the field can't have; the text names the field and not the value.</exception>
    public static string Write(string name, ImmutableArray<MmhsAddress> addresses)
    {
        if (addresses.IsEmpty) return "";
        var text = new StringBuilder();
        MmhsWriter.Append(text, name, MmhsWriter.Addresses(name, addresses));
        return text.ToString();
    }

    /// <summary>The whole field, ending in CRLF.</summary>
    public static string Write(string name, DateTimeOffset time) => $"{name}: {MailDate.Format(time)}\r\n";
}
