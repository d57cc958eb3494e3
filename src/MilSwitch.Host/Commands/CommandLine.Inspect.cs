using System.CommandLine;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;

namespace MilSwitch.Host.Commands;

/// <summary>Messages judged offline: no node, no network.</summary>
public sealed partial class CommandLine
{
    private Command Inspect()
    {
        var file = new Argument<string>("FILE") { Description = "A message, or CMS as DER, PEM or base64; '-' for standard input" };
        var trust = new TrustOptions();
        var keys = TrustOptions.Files("--keys", "Keys that may open it, with their certificates: PEM, DER, PKCS#12, or pkcs11: URIs");
        var content = new Option<string?>("--content") { Description = "What a detached CMS signature covers", HelpName = "FILE" };
        var authenticated = new Option<bool>("--require-authenticated-encryption") { Description = "Encryption that anybody on the way could change (CBC) is not good enough" };
        var spif = PolicySource.Spif("Policies by which labels are named, checked and compared");
        var print = new Option<bool>("--json") { Description = "Print the report as JSON" };
        var command = new Command("inspect", "What a message is, layer by layer, and whether to believe it; exit 1 when not") { file, keys, content, authenticated, spif, print };
        trust.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var reader = new CertificateSource(environment, arguments.GetValue(trust.PasswordFile));
            using var source = new KeySource(environment, arguments.GetValue(trust.PasswordFile));
            var options = new InspectionOptions
            {
                Trust = trust.ReadTrust(arguments, reader, []),
                At = trust.ReadAt(arguments),
                Suite = trust.ReadSuite(arguments),
                Revocation = trust.ReadRevocation(arguments),
                Keys = source.ReadDecryptionKeys("--keys", arguments.GetValue(keys) ?? []),
                Opening = OpeningOptions.Default,
                RequireAuthenticatedEncryption = arguments.GetValue(authenticated),
                Policies = PolicySource.Read(environment, "--spif", arguments.GetValue(spif)),
                DetachedContent = arguments.GetValue(content) is { } detached ? MessageFile.Read(environment, "--content", detached) : default(ReadOnlyMemory<byte>?),
            };
            var message = MessageFile.Read(environment, "FILE", arguments.GetRequiredValue(file));
            try
            {
                using var result = await MessageInspector.InspectAsync(message, options, cancellationToken);
                if (arguments.GetValue(print)) environment.Output.WriteLine(result.Report.ToJson());
                else InspectionTree.Write(environment.Output, result.Report, options.At);
                return result.Verdict is InspectionVerdict.Valid ? ExitCodes.Done : ExitCodes.Bad;
            }
            catch (KeyUnavailableException fault)
            {
                throw new CommandFault(ExitCodes.NotFound, "--keys: " + fault.Message);
            }
        });
        return Example(
            command,
            "milswitch inspect message.eml --anchors anchors/",
            "milswitch inspect message.eml --anchors root.pem --crls crls/ --revocation require --keys bob.p12 --password-file bob.password",
            "milswitch inspect old.p7m --suite legacy --at 2004-06-01T00:00:00Z --anchors root.cer --json",
            "milswitch inspect message.eml --anchors anchors/ --spif config/policies",
            "milswitch inspect signature.p7s --content signed.bin --anchors root.pem");
    }
}
