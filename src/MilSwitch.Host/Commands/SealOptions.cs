using System.CommandLine;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;

namespace MilSwitch.Host.Commands;

/// <summary>For whom a message is encrypted, and how.</summary>
internal sealed class SealOptions
{
    private readonly Option<string[]> to = new("--to") { Description = "Certificates of the recipients: PEM or DER, files or folders", HelpName = "CERT", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> content = new("--content") { Description = "aes256-gcm, aes128-gcm, aes256-cbc or aes128-cbc", DefaultValueFactory = _ => "aes256-gcm" };
    private readonly Option<string> policy = new("--header-policy") { Description = "What stands outside: none hides nothing; baseline the subject; shy names and time zone too; mmhs all that switches don't need", DefaultValueFactory = _ => "baseline" };

    public void AddTo(Command command)
    {
        content.AcceptOnlyFromAmong("aes256-gcm", "aes128-gcm", "aes256-cbc", "aes128-cbc");
        policy.AcceptOnlyFromAmong([.. HeaderConfidentialityPolicy.All.Select(p => p.Name)]);
        foreach (var option in new Option[] { to, content, policy }) command.Options.Add(option);
    }

    public EncryptionSettings Read(ParseResult arguments, CommandEnvironment environment, AlgorithmSuite suite) => new()
    {
        Recipients = Recipients(arguments.GetRequiredValue(to), environment),
        Sealing = new SealingOptions
        {
            Cipher = arguments.GetRequiredValue(content) switch
            {
                "aes128-gcm" => ContentCipherChoice.Aes128Gcm,
                "aes256-cbc" => ContentCipherChoice.Aes256Cbc,
                "aes128-cbc" => ContentCipherChoice.Aes128Cbc,
                _ => ContentCipherChoice.Aes256Gcm,
            },
        },
        HeaderPolicy = HeaderConfidentialityPolicy.All.Single(p => p.Name == arguments.GetRequiredValue(policy)),
        Suite = suite,
    };

    public static IReadOnlyList<EnvelopedRecipient> Recipients(string[] files, CommandEnvironment environment)
    {
        var source = new CertificateSource(environment, null);
        var found = new List<EnvelopedRecipient>();
        foreach (var file in source.ReadAll("--to", files))
        {
            // A bundle brings the issuers along.
            foreach (var certificate in file.Certificates.Where(c => !c.IsAuthority).DefaultIfEmpty(file.Certificates.Count > 0 ? file.Certificates[0] : null))
            {
                if (certificate is not null) found.Add(EnvelopedRecipient.For(RecipientCertificate.Read(certificate.Encoded)));
            }
        }

        return found.Count > 0 ? found : throw new CommandFault(ExitCodes.NotFound, "--to: no certificate in it");
    }
}
