using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace MilSwitch.Smtp.Server.Commands;

/// <summary>Reading pieces of a command line: verb, path, parameters. Nothing here throws on what a peer sent.</summary>
internal static class CommandText
{
    private const int LongestVerb = 8;

    /// <summary>The verb as a number that compares without regard to case; 0 when it is none.</summary>
    public static ulong Verb(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> argument)
    {
        var end = line.IndexOf((byte)' ');
        var verb = end < 0 ? line : line[..end];
        argument = end < 0 ? default : line[(end + 1)..].TrimEnd((byte)' ');
        return Verb(verb);
    }

    public static ulong Verb(ReadOnlySpan<byte> verb)
    {
        if (verb.Length is 0 or > LongestVerb) return 0;
        ulong packed = 0;
        foreach (var octet in verb)
        {
            var upper = octet is >= (byte)'a' and <= (byte)'z' ? (byte)(octet - 32) : octet;
            if (upper is < (byte)'A' or > (byte)'Z') return 0;
            packed = (packed << 8) | upper;
        }

        return packed;
    }

    /// <summary>
    /// Splits <c>FROM:&lt;path&gt; parameters</c>. The path is what stands between the brackets. A space behind the colon is
    /// not in the grammar (RFC 5321 §4.1.1.2), but clients that send one are many and mean nothing else by it.
    /// </summary>
    public static bool TrySplitPath(ReadOnlySpan<byte> argument, ReadOnlySpan<byte> keyword, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> parameters)
    {
        path = default;
        parameters = default;
        if (argument.Length <= keyword.Length || !Ascii.EqualsIgnoreCase(argument[..keyword.Length], keyword)) return false;
        argument = argument[keyword.Length..].TrimStart((byte)' ');
        if (argument.IsEmpty || argument[0] != '<') return false;
        var quoted = false;
        for (var i = 1; i < argument.Length; i++)
        {
            switch (argument[i])
            {
                case (byte)'\\' when quoted:
                    i++;
                    break;
                case (byte)'"':
                    quoted = !quoted;
                    break;
                case (byte)'>' when !quoted:
                    path = argument[1..i];
                    parameters = argument[(i + 1)..];
                    return parameters.IsEmpty || parameters[0] == ' ';
            }
        }

        return false;
    }

    /// <summary>Takes the next <c>keyword[=value]</c>; false when there is none left.</summary>
    public static bool TryTakeParameter(ref ReadOnlySpan<byte> parameters, out ReadOnlySpan<byte> keyword, out ReadOnlySpan<byte> value, out bool hasValue)
    {
        parameters = parameters.TrimStart((byte)' ');
        keyword = default;
        value = default;
        hasValue = false;
        if (parameters.IsEmpty) return false;
        var end = parameters.IndexOf((byte)' ');
        var parameter = end < 0 ? parameters : parameters[..end];
        parameters = end < 0 ? default : parameters[(end + 1)..];
        var equals = parameter.IndexOf((byte)'=');
        hasValue = equals >= 0;
        keyword = hasValue ? parameter[..equals] : parameter;
        if (hasValue) value = parameter[(equals + 1)..];
        return true;
    }

    /// <summary>Strict UTF-8; null when it is not.</summary>
    public static string? Text(ReadOnlySpan<byte> octets) => Utf8.IsValid(octets) ? Encoding.UTF8.GetString(octets) : null;

    /// <summary>Digits only: no sign, no space, no overflow.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> text, int maximumDigits, out long value)
    {
        value = 0;
        if (text.Length is 0 || text.Length > maximumDigits || text.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return false;
        return Utf8Parser.TryParse(text, out value, out var consumed) && consumed == text.Length;
    }
}
