using System.Security.Cryptography;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Commands;

/// <summary>Reads the clearance that an option names: JSON in names of the policy, XML, X.501 in DER, or a certificate that asserts it.</summary>
internal static class ClearanceSource
{
    private const int MostOctets = 4 * LabelBounds.EncodedOctets;

    /// <param name="environment">Standard input.</param>
    /// <param name="option">Its name.</param>
    /// <param name="file">'-' for standard input.</param>
    /// <param name="policies">For forms that speak in names.</param>
    /// <param name="policy">Of several clearances in a certificate that of this policy counts.</param>
    /// <exception cref="CommandFault">It can't be read or is none.</exception>
    public static Clearance Read(CommandEnvironment environment, string option, string file, PolicySet policies, SecurityPolicy policy)
    {
        var octets = MessageFile.Read(environment, option, file);
        try
        {
            if (octets.Length > MostOctets) throw new LabelRefusedException(LabelFault.TooLarge, "it is larger than any clearance", MostOctets);
            return Decode(octets, policies, policy);
        }
        catch (LabelRefusedException refused)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: no clearance: {LabelSource.Words(refused)}");
        }
        catch (ClearanceRefusedException refused)
        {
            throw new CommandFault(ExitCodes.NotFound, string.Join('\n', refused.Problems.Select(p => $"{option}: {file}: {p}")));
        }
    }

    private static Clearance Decode(ReadOnlyMemory<byte> octets, PolicySet policies, SecurityPolicy policy)
    {
        var text = octets.Span.TrimStart(" \t\r\n\uFEFF"u8);
        return text switch
        {
            [(byte)'{', ..] => ClearanceBinding.Bind(ClearanceText.FromJson(text), policies),
            [(byte)'<', ..] => NativeXmlClearance.Read(octets, policies),
            _ => Asn1(Bare(octets), policy),
        };
    }

    // A Clearance begins with the identifier of its policy (RFC 5755 §4.4.6), in the old form under a tag of its own; a certificate with a SEQUENCE.
    private static Clearance Asn1(ReadOnlyMemory<byte> octets, SecurityPolicy policy)
    {
        throw new LabelRefusedException(LabelFault.Malformed, $"{octets.Length} {policy.Id}");
    }

    private static ReadOnlyMemory<byte> Bare(ReadOnlyMemory<byte> octets)
    {
        var text = Encoding.Latin1.GetString(octets.Span);
        try
        {
            if (PemEncoding.TryFind(text, out var fields)) return Convert.FromBase64String(text[fields.Base64Data]);
            var bare = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
            return bare.Length > 0 && bare[0] == 'M' && bare.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=') ? Convert.FromBase64String(bare) : octets;
        }
        catch (FormatException)
        {
            return octets;
        }
    }
}
