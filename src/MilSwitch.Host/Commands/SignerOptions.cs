using System.CommandLine;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;

namespace MilSwitch.Host.Commands;

/// <summary>Who signs, and how.</summary>
internal sealed class SignerOptions
{
    // What an answer may be encrypted with, as this program reads it, most wanted first (RFC 8551 §2.5.2).
    private static readonly AlgorithmIdentifier[] Capabilities =
        [new(EnvelopedOids.Aes256Gcm), new(EnvelopedOids.Aes128Gcm), new(EnvelopedOids.Aes256Cbc), new(EnvelopedOids.Aes128Cbc)];

    private readonly Option<string[]> certificates = new("--cert") { Description = "Certificates of the keys, in their order, where they don't stand beside them", HelpName = "CERT", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> format = new("--format") { Description = "clear (multipart/signed) or opaque (application/pkcs7-mime)", DefaultValueFactory = _ => "clear" };
    private readonly Option<string?> digest = new("--digest") { Description = "sha256, sha384 or sha512; without, what goes with the key" };
    private readonly Option<bool> pss = new("--pss") { Description = "RSASSA-PSS instead of PKCS#1 v1.5, for RSA keys" };
    private readonly Option<bool> receipt = new("--receipt-request") { Description = "Ask every recipient for a signed receipt" };
    private readonly Option<string[]> receiptsTo = new("--receipts-to") { Description = "Where receipts go; without, to the message's From", HelpName = "A", AllowMultipleArgumentsPerToken = true };

    public Option<string[]> Key { get; } = new("--key") { Description = "Signs: PEM, DER or PKCS#12 with the certificate, or a pkcs11: URI; several sign in parallel, each pointing to the others", HelpName = "K", Required = true, AllowMultipleArgumentsPerToken = true };

    public void AddTo(Command command)
    {
        format.AcceptOnlyFromAmong("clear", "opaque");
        digest.AcceptOnlyFromAmong("sha256", "sha384", "sha512");
        foreach (var option in new Option[] { Key, certificates, format, digest, pss, receipt, receiptsTo }) command.Options.Add(option);
    }

    public SigningChoice Choice(ParseResult arguments) => new()
    {
        Digest = arguments.GetValue(digest) is { } name ? DigestAlgorithm.All.First(d => d.Name == name) : null,
        Pss = arguments.GetValue(pss),
    };

    /// <summary>The certificate that was named for a key; empty: none.</summary>
    public ReadOnlyMemory<byte> Certificate(ParseResult arguments, CommandEnvironment environment, int index) => Certificate(arguments.GetValue(certificates) ?? [], environment, index);

    public SignatureSettings Read(ParseResult arguments, CommandEnvironment environment, KeySource keys, ReadOnlyMemory<byte> message, AlgorithmSuite suite)
    {
        var now = TimeProvider.System.GetUtcNow();
        var settings = new SignatureSettings
        {
            Signers = [],
            Format = arguments.GetValue(format) is "opaque" ? SignatureFormat.Opaque : SignatureFormat.Clear,
            SigningTime = now,
            LinkSignatures = true,
            Capabilities = Capabilities,
            Suite = suite,
        };
        settings = With(settings, "--key", arguments.GetRequiredValue(Key), arguments.GetValue(certificates) ?? [], arguments, environment, keys);
        if (!arguments.GetValue(receipt))
            return arguments.GetValue(receiptsTo) is { Length: > 0 } ? throw new CommandFault(ExitCodes.WrongUse, "--receipts-to: goes with --receipt-request") : settings;
        IReadOnlyList<string> to = arguments.GetValue(receiptsTo) is { Length: > 0 } named ? named : ReceiptRequests.Authors(message);
        if (to.Count is 0) throw new CommandFault(ExitCodes.WrongUse, "--receipts-to: the message's From names no address");
        try
        {
            return settings with { ReceiptRequest = ReceiptRequests.New(settings.Signers[0].Key.Certificate, now, ReceiptsFrom.All, to) };
        }
        catch (ArgumentException)
        {
            throw new CommandFault(ExitCodes.WrongUse, "--receipts-to: an address that is not ASCII can't be named there");
        }
    }

    /// <summary>The same signed by other keys.</summary>
    public SignatureSettings With(SignatureSettings settings, string option, string[] names, string[] certificateFiles, ParseResult arguments, CommandEnvironment environment, KeySource keys)
    {
        var signers = new List<CmsSigner>();
        var chain = new List<ReadOnlyMemory<byte>>();
        foreach (var (index, name) in names.Index())
        {
            var (key, beside) = keys.ReadSigningKey(option, name, Certificate(certificateFiles, environment, index), Choice(arguments));
            signers.Add(new CmsSigner(key));
            // Whoever verifies has its anchors, and needs the way to them.
            chain.AddRange(beside.Where(c => !MilSwitch.Smime.Certificates.Certificate.Read(c).IsSelfIssued));
        }

        return settings with { Signers = signers, Certificates = chain };
    }

    private static ReadOnlyMemory<byte> Certificate(string[] files, CommandEnvironment environment, int index) =>
        index < files.Length ? new CertificateSource(environment, null).ReadOne(files[index]).Certificate.Encoded : default;
}
