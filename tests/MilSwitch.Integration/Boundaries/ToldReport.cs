using System.Text.RegularExpressions;

namespace MilSwitch.Integration.Boundaries;

/// <summary>A delivery report as its originator reads it.</summary>
/// <param name="About">Id of the message that it is about.</param>
/// <param name="Words">What the switch says, without ids, times and addresses, the level that was asked for and the encoding of what is returned.</param>
/// <param name="Returned">What it returns of the message.</param>
internal sealed partial record ToldReport(string About, string Words, string Returned)
{
    public static ToldReport Read(string text)
    {
        var boundary = Boundary().Match(text).Groups[1].Value;
        var parts = text.Split("\r\n--" + boundary);
        // A header, a text, the fields, what is returned, and the end.
        var words = string.Join('\n', parts[..3]);
        words = OwnFields().Replace(words.Replace(boundary, "", StringComparison.Ordinal), "");
        words = Addresses().Replace(Arrival().Replace(words, ""), "ADDRESS");
        // Who is told of many recipients is told the same of each.
        return new ToldReport(LogId().Match(text).Groups[1].Value, Again().Replace(words, "$1"), Original(parts.Length is 5 ? parts[3] : ""));
    }

    private static string Original(string part)
    {
        var start = part.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (start < 0) return "";
        var octets = part[(start + 4)..];
        if (part[..start].Contains("quoted-printable", StringComparison.Ordinal))
            octets = Quoted().Replace(octets.Replace("=\r\n", "", StringComparison.Ordinal), m => ((char)Convert.ToInt32(m.Groups[1].Value, 16)).ToString());
        return octets;
    }

    [GeneratedRegex("boundary=\"([^\"]+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex Boundary();

    [GeneratedRegex("^Final-Log-ID: (\\S+)\r$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex LogId();

    [GeneratedRegex("^(?:Date|Message-ID|In-Reply-To|References|Content-Transfer-Encoding|MT-Priority|X-MilSwitch-Original-Digest|X-MilSwitch-Precedence|Arrival-Date|Last-Attempt-Date|Original-Recipient|Final-Log-ID):.*\r\n(?:[ \t].*\r\n)*", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex OwnFields();

    [GeneratedRegex("^The message arrived here.*\r\n", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Arrival();

    [GeneratedRegex("[^\\s<>;]+@[^\\s<>;]+", RegexOptions.CultureInvariant)]
    private static partial Regex Addresses();

    [GeneratedRegex("((?:  <ADDRESS>\r\n(?:    .*\r\n)+)|(?:\r\nFinal-Recipient: .*\r\n(?:[A-Z].*\r\n)+))\\1+", RegexOptions.CultureInvariant)]
    private static partial Regex Again();

    [GeneratedRegex("=([0-9A-F]{2})", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();
}
