using System.Globalization;
using System.Text;

namespace MilSwitch.Lookup.Service.Ldap;

/// <summary>Distinguished names as texts (RFC 4514), as far as this tree has any: <c>mail=address,suffix</c>.</summary>
internal static class LdapName
{
    private const string Prefix = "mail=";

    public static string OfAddress(string address)
    {
        var text = new StringBuilder(Prefix);
        for (var i = 0; i < address.Length; i++)
        {
            var c = address[i];
            // RFC 4514 §2.4.
            if (c is '"' or '+' or ',' or ';' or '<' or '>' or '\\' || (i is 0 && c is ' ' or '#')) text.Append('\\');
            text.Append(c);
        }

        return text.ToString();
    }

    /// <summary>In lower case and without spaces around <c>,</c> and <c>=</c>: enough to compare the names of this tree.</summary>
    public static string Normal(string name) => string.Join(',', name.ToLowerInvariant().Split(',').Select(part => string.Join('=', part.Split('=').Select(p => p.Trim(' ')))));

    /// <summary>The address in the first part of a name.</summary>
    /// <param name="rest">What stands behind it.</param>
    /// <returns>Null: the name does not begin with one.</returns>
    public static string? Address(string name, out string rest)
    {
        rest = "";
        if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return null;
        var octets = new List<byte>();
        var i = Prefix.Length;
        for (; i < name.Length && name[i] != ','; i++)
        {
            if (name[i] != '\\')
            {
                Append(octets, name.AsSpan(i, char.IsHighSurrogate(name[i]) && i + 1 < name.Length ? 2 : 1), ref i);
            }
            else if (i + 2 < name.Length && byte.TryParse(name.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else if (i + 1 < name.Length)
            {
                i++;
                Append(octets, name.AsSpan(i, 1), ref i);
            }
            else
            {
                return null;
            }
        }

        rest = i < name.Length ? name[(i + 1)..] : "";
        return Encoding.UTF8.GetString([.. octets]);
    }

    private static void Append(List<byte> octets, ReadOnlySpan<char> characters, ref int at)
    {
        octets.AddRange(Encoding.UTF8.GetBytes(characters.ToArray()));
        at += characters.Length - 1;
    }
}
