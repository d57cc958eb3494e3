using System.CommandLine;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Host.Configuration;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Policies;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Clearances;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Host.Commands;

/// <summary>Reads the clearance that an option names: JSON in names of the policy, XML, X.501 in DER, or a certificate that asserts it.</summary>
internal static class ClearanceSource
{
    /// <summary>What somebody without any clearance is answered.</summary>
    public static LabelDecision NoClearance { get; } = new(false, [new DecisionStep(DecisionRule.Policy, false) { Detail = "the certificate gives no clearance under this policy" }]);

    /// <param name="environment">Standard input, and talk.</param>
    /// <param name="option">Its name.</param>
    /// <param name="file">'-' for standard input.</param>
    /// <param name="policies">For forms that speak in names.</param>
    /// <param name="policy">Of several clearances in a certificate that of this policy counts.</param>
    /// <param name="trust">What certificates are believed by; without anchors they are not judged.</param>
    /// <param name="arguments">The command line.</param>
    /// <returns>Null: a certificate without a clearance.</returns>
    /// <exception cref="CommandFault">It can't be read, is none, or a certificate is not believed.</exception>
    public static Clearance? Read(CommandEnvironment environment, string option, string file, PolicySet policies, SecurityPolicy policy, TrustOptions trust, ParseResult arguments)
    {
        var octets = MessageFile.Read(environment, option, file);
        try
        {
            var bare = ClearanceFile.Bare(octets);
            return IsCertificate(bare) ? OfCertificate(environment, option, file, octets, policies, policy, trust, arguments) : ClearanceFile.Read(octets, policies);
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

    private static Clearance? OfCertificate(
        CommandEnvironment environment, string option, string file, ReadOnlyMemory<byte> octets, PolicySet policies, SecurityPolicy policy, TrustOptions trust, ParseResult arguments)
    {
        CertificateFileContents contents;
        try
        {
            contents = CertificateFile.Read(octets, null);
        }
        catch (CmsFormatException fault)
        {
            throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: {fault.Message}");
        }

        var subject = contents.Certificates.FirstOrDefault(c => !c.IsAuthority) ?? contents.Certificates.FirstOrDefault() ?? throw new CommandFault(ExitCodes.NotFound, $"{option}: {file}: no certificate in it");
        var path = new PathOptions
        {
            Trust = trust.ReadTrust(arguments, new CertificateSource(environment, arguments.GetValue(trust.PasswordFile)), contents.Certificates),
            At = trust.ReadAt(arguments),
            Suite = trust.ReadSuite(arguments),
            Revocation = trust.ReadRevocation(arguments),
        };
        if (path.Trust.Anchors.Count is 0) throw new CommandFault(ExitCodes.WrongUse, $"{option}: {file}: a certificate says nothing unless it is believed: name its anchors with --anchors");
        var verdict = ClearanceJudge.Judge(subject, new ClearanceOptions { Path = path, Policies = policies });
        if (!verdict.IsSuccess) throw new CommandFault(ExitCodes.Bad, string.Join('\n', verdict.Findings.Select(f => $"{option}: {file}: {f.Detail}")));
        return verdict.Effective is { } held && held.Policy == policy.Id ? held : null;
    }

    // A Clearance begins with the identifier of its policy (RFC 5755 §4.4.6, or the old form with [0]); a certificate with a SEQUENCE.
    private static bool IsCertificate(ReadOnlyMemory<byte> octets)
    {
        try
        {
            return new AsnReader(octets, AsnEncodingRules.BER).ReadSequence() is { HasData: true } inside && inside.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence);
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
