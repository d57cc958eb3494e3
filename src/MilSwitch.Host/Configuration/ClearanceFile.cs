using System.Security.Cryptography;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Configuration;

/// <summary>Clearances as files and texts have them: JSON, XML, X.501 in DER, PEM, base64 or hexadecimal. Pure.</summary>
internal static class ClearanceFile
{
    /// <summary>Octets of one.</summary>
    public const int MostOctets = 4 * LabelBounds.EncodedOctets;

    /// <exception cref="LabelRefusedException">It is no clearance.</exception>
    /// <exception cref="ClearanceRefusedException">Its names mean nothing, or not one thing.</exception>
    public static Clearance Read(ReadOnlyMemory<byte> octets, PolicySet policies)
    {
        if (octets.Length > MostOctets) throw new LabelRefusedException(LabelFault.TooLarge, "it is larger than any clearance", MostOctets);
        var text = octets.Span.TrimStart(" \t\r\n\uFEFF"u8);
        return text switch
        {
            [(byte)'{', ..] => ClearanceBinding.Bind(ClearanceText.FromJson(text), policies),
            [(byte)'<', ..] => XmlClearance.Read(octets, policies),
            _ => ClearanceCodec.Read(Bare(octets), policies),
        };
    }

    /// <summary>DER, out of whatever it is wrapped in.</summary>
    public static ReadOnlyMemory<byte> Bare(ReadOnlyMemory<byte> octets)
    {
        if (octets.Length > MostOctets) return octets;
        var text = Encoding.Latin1.GetString(octets.Span);
        try
        {
            if (PemEncoding.TryFind(text, out var fields)) return Convert.FromBase64String(text[fields.Base64Data]);
            var bare = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
            // A SEQUENCE begins with 30, or in base64 with M; in DER with a character that neither has.
            if (bare.StartsWith("30", StringComparison.Ordinal) && bare.All(char.IsAsciiHexDigit)) return Convert.FromHexString(bare);
            return bare.Length > 0 && bare[0] == 'M' && bare.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=') ? Convert.FromBase64String(bare) : octets;
        }
        catch (FormatException)
        {
            return octets;
        }
    }
}
