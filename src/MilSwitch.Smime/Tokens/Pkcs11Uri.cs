using System.Text;

namespace MilSwitch.Smime.Tokens;

/// <summary>
/// <c>pkcs11:</c> URI (RFC 7512 §2.3) that names a key on a token, a token, or a library, as far as it is understood here; what
/// isn't is refused. Immutable.
/// </summary>
public sealed record Pkcs11Uri
{
    /// <summary>How such a URI begins.</summary>
    public const string Scheme = "pkcs11:";

    /// <summary>Octets of one URI.</summary>
    public const int MostLength = 4_096;

    /// <summary>The token's label.</summary>
    public string? Token { get; private init; }

    /// <summary>The token's serial number.</summary>
    public string? Serial { get; private init; }

    public string? Manufacturer { get; private init; }

    public string? Model { get; private init; }

    /// <summary>The key's label.</summary>
    public string? Object { get; private init; }

    /// <summary>The key's <c>CKA_ID</c>.</summary>
    public ReadOnlyMemory<byte>? Id { get; private init; }

    /// <summary>Full path of the library.</summary>
    public required string ModulePath { get; init; }

    /// <summary>Path of the file that holds the PIN.</summary>
    public string? PinSource { get; private init; }

    /// <summary>Path of the file that holds the key's certificate: <c>x-certificate</c>, an attribute of our own.</summary>
    public string? CertificateFile { get; private init; }

    /// <summary>The text is meant to be one.</summary>
    public static bool Is(string text) => text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads one.</summary>
    /// <exception cref="FormatException">It is none, or asks for something that isn't done here. The message never repeats a value: one may be a PIN.</exception>
    public static Pkcs11Uri Parse(string text)
    {
        if (!Is(text)) throw new FormatException("no pkcs11: URI");
        if (text.Length > MostLength) throw new FormatException("the URI is too long");
        var rest = text[Scheme.Length..];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var path = Attributes(question < 0 ? rest : rest[..question], ';');
        var query = Attributes(question < 0 ? "" : rest[(question + 1)..], '&');
        foreach (var name in path.Keys)
        {
            switch (name)
            {
                case "token" or "serial" or "manufacturer" or "model" or "object" or "id":
                    break;
                case "type":
                    if (Text(path, name) is not "private") throw new FormatException("type: only private keys are named here");
                    break;
                case "slot-id" or "slot-description" or "slot-manufacturer":
                    throw new FormatException($"{name}: slots change from start to start; name the token by token= or serial=");
                case "library-description" or "library-manufacturer" or "library-version":
                    throw new FormatException($"{name}: the library is named by ?module-path=");
                default:
                    throw new FormatException($"{Shown(name)}: an unknown attribute");
            }
        }

        foreach (var name in query.Keys)
        {
            switch (name)
            {
                case "module-path" or "pin-source" or "x-certificate":
                    break;
                case "pin-value":
                    throw new FormatException("pin-value: a PIN on a command line is seen by everybody on the machine; name a file by pin-source=");
                case "module-name":
                    throw new FormatException("module-name: a search path would decide who gets the PIN; name the library by module-path=");
                default:
                    throw new FormatException($"{Shown(name)}: an unknown attribute");
            }
        }

        var module = Text(query, "module-path") ?? throw new FormatException("module-path= is missing; it names the PKCS#11 library");
        if (!Path.IsPathFullyQualified(module)) throw new FormatException("module-path: must be a full path, or the search path decides who gets the PIN");
        return new Pkcs11Uri
        {
            Token = Text(path, "token"), Serial = Text(path, "serial"), Manufacturer = Text(path, "manufacturer"), Model = Text(path, "model"), Object = Text(path, "object"),
            Id = path.TryGetValue("id", out var id) ? id : default(ReadOnlyMemory<byte>?),
            ModulePath = module, PinSource = FilePath(query, "pin-source"), CertificateFile = FilePath(query, "x-certificate"),
        };
    }

    private static Dictionary<string, byte[]> Attributes(string text, char separator)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var attribute in text.Split(separator, StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = attribute.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new FormatException("an attribute has no name or no value");
            var name = attribute[..equals];
            if (!found.TryAdd(name, Decode(name, attribute.AsSpan(equals + 1)))) throw new FormatException($"{Shown(name)}: is there twice");
        }

        return found;
    }

    // RFC 3986 §2.1. Characters that ought to be encoded and are not stand for themselves: shells and people write them so.
    private static byte[] Decode(string name, ReadOnlySpan<char> value)
    {
        var octets = new List<byte>(value.Length);
        while (!value.IsEmpty)
        {
            if (value[0] is '%')
            {
                if (value.Length < 3 || !char.IsAsciiHexDigit(value[1]) || !char.IsAsciiHexDigit(value[2])) throw new FormatException($"{Shown(name)}: after % two hexadecimal digits are needed");
                octets.AddRange(Convert.FromHexString(value[1..3]));
                value = value[3..];
                continue;
            }

            var end = value.IndexOf('%');
            var plain = end < 0 ? value : value[..end];
            octets.AddRange(Encoding.UTF8.GetBytes(plain.ToArray()));
            value = value[plain.Length..];
        }

        return [.. octets];
    }

    private static string? Text(Dictionary<string, byte[]> attributes, string name)
    {
        if (!attributes.TryGetValue(name, out var octets)) return null;
        try
        {
            var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(octets);
            return text.Contains('\0', StringComparison.Ordinal) ? throw new FormatException($"{name}: holds a NUL") : text;
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException($"{name}: is not UTF-8");
        }
    }

    // RFC 7512 §2.4 lets it be a file: URI, an absolute path or a program to run; no program is run here.
    private static string? FilePath(Dictionary<string, byte[]> attributes, string name)
    {
        if (Text(attributes, name) is not { } text) return null;
        if (text.StartsWith('|')) throw new FormatException($"{name}: no program is run for it; name a file");
        if (text.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            text = text[5..];
            if (text.StartsWith("//", StringComparison.Ordinal)) text = text[2..];
            if (!text.StartsWith('/')) throw new FormatException($"{name}: a file: URI names a file of this machine by its full path");
        }

        return text.Length > 0 ? text : throw new FormatException($"{name}: names no file");
    }

    private static string Shown(string name) => name.Length <= 40 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : "an attribute";
}
