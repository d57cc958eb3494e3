using System.Buffers;
using System.CommandLine;
using System.Globalization;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Ess;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Making;
using MilSwitch.Smime.Messages;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Host.Commands;

/// <summary>Messages protected, opened and answered offline: no node, no network.</summary>
public sealed partial class CommandLine
{
    private Command Smime() => new("smime", "Sign, encrypt, wrap, decrypt and acknowledge messages in files") { Sign(), Encrypt(), Wrap(), Decrypt(), Receipt() };

    private Command Sign()
    {
        var options = new SmimeOptions();
        var signing = new SignerOptions();
        var label = LabelOption("--label", "Security label in the signature");
        var spif = PolicySource.Spif("Policies, for labels that speak in names");
        var type = new Option<string?>("--signature-type") { Description = "On whose behalf: originator, domain, attribute or review (RFC 3183)" };
        type.AcceptOnlyFromAmong("originator", "domain", "attribute", "review");
        var protection = HeaderProtection();
        var countersign = new Option<bool>("--countersign") { Description = "Countersign the signatures that the message has, with one key; nothing else changes" };
        var command = new Command("sign", "Sign a message, or countersign a signed one") { options.Input };
        options.AddTo(command);
        signing.AddTo(command);
        foreach (var option in new Option[] { label, spif, type, protection, countersign }) command.Options.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var keys = options.Keys(arguments, environment);
            var message = ReadMessage(arguments.GetRequiredValue(options.Input)!);
            var suite = options.Suite(arguments);
            if (arguments.GetValue(countersign))
            {
                if (arguments.GetRequiredValue(signing.Key) is not [var only]) throw new CommandFault(ExitCodes.WrongUse, "--countersign: with one --key");
                var (own, _) = keys.ReadSigningKey("--key", only, signing.Certificate(arguments, environment, 0), signing.Choice(arguments));
                var settings = new CountersignatureSettings
                {
                    Signer = new CmsSigner(own), SigningTime = TimeProvider.System.GetUtcNow(), Suite = suite, Verification = new VerificationOptions { Suite = suite },
                };
                return await MakeAsync(arguments, options, () => MessageProtector.CountersignAsync(message, settings, cancellationToken));
            }

            var signature = signing.Read(arguments, environment, keys, message, suite) with
            {
                Label = ReadLabel(arguments, "--label", arguments.GetValue(label), spif),
                SignatureTypes = SignatureTypes(arguments.GetValue(type)),
                HeaderProtection = Scheme(arguments.GetValue(protection)),
            };
            return await MakeAsync(arguments, options, () => MessageProtector.SignAsync(message, signature, cancellationToken));
        });
        return Example(
            command,
            "milswitch smime sign order.eml --key ops.p12 --password-file ops.password -o signed.eml",
            "milswitch smime sign order.eml --key ops.pem --format opaque --label 1.3.26.1.3.1:3:'NATO SECRET' --receipt-request",
            "milswitch smime sign order.eml --key ops.pem --label 'ALFA SECRET' --spif config/policies/alfa.xml",
            "milswitch smime sign draft.eml --key 'pkcs11:token=unit;object=release?pin-source=file:/etc/milswitch/pin' --cert release.crt --countersign");
    }

    private Command Encrypt()
    {
        var options = new SmimeOptions();
        var sealing = new SealOptions();
        var command = new Command("encrypt", "Encrypt a message") { options.Input };
        options.AddTo(command);
        sealing.AddTo(command);
        command.SetAction((arguments, cancellationToken) =>
        {
            var message = ReadMessage(arguments.GetRequiredValue(options.Input)!);
            var settings = sealing.Read(arguments, environment, options.Suite(arguments));
            return MakeAsync(arguments, options, () => MessageProtector.EncryptAsync(message, settings, cancellationToken));
        });
        return Example(
            command,
            "milswitch smime encrypt order.eml --to depot.crt -o encrypted.eml",
            "milswitch smime encrypt order.eml --to depot.crt second.crt --content aes256-cbc --header-policy mmhs > encrypted.eml",
            "milswitch smime encrypt signed.eml --to depot.crt --header-policy none");
    }

    private Command Wrap()
    {
        var options = new SmimeOptions();
        var signing = new SignerOptions();
        var sealing = new SealOptions();
        var spif = PolicySource.Spif("Policies, for labels that speak in names");
        var inner = LabelOption("--inner-label", "Security label of the content");
        var outer = LabelOption("--outer-label", "Security label for those who pass it on");
        var outerKey = new Option<string[]>("--outer-key") { Description = "Signs outside; without, --key does", HelpName = "K", AllowMultipleArgumentsPerToken = true };
        var outerCert = new Option<string[]>("--outer-cert") { Description = "Certificates of the outer keys, in their order, where they don't stand beside them", HelpName = "CERT", AllowMultipleArgumentsPerToken = true };
        var protection = HeaderProtection();
        var command = new Command("wrap", "Triple wrap (RFC 2634): sign, encrypt, sign") { options.Input };
        options.AddTo(command);
        signing.AddTo(command);
        sealing.AddTo(command);
        foreach (var option in new Option[] { inner, outer, spif, outerKey, outerCert, protection }) command.Options.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var keys = options.Keys(arguments, environment);
            var message = ReadMessage(arguments.GetRequiredValue(options.Input)!);
            var suite = options.Suite(arguments);
            var first = signing.Read(arguments, environment, keys, message, suite) with
            {
                Label = ReadLabel(arguments, "--inner-label", arguments.GetValue(inner), spif),
                HeaderProtection = Scheme(arguments.GetValue(protection)),
            };
            var last = first with
            {
                Label = ReadLabel(arguments, "--outer-label", arguments.GetValue(outer), spif),
                ReceiptRequest = null,
                Capabilities = [],
                HeaderProtection = first.HeaderProtection is ProtectionScheme.None ? ProtectionScheme.None : ProtectionScheme.Rfc9788,
            };
            if (arguments.GetValue(outerKey) is { Length: > 0 } named) last = signing.With(last, "--outer-key", named, arguments.GetValue(outerCert) ?? [], arguments, environment, keys);
            var settings = sealing.Read(arguments, environment, suite);
            return await MakeAsync(arguments, options, () => MessageProtector.WrapAsync(message, first, settings, last, cancellationToken));
        });
        return Example(
            command,
            "milswitch smime wrap order.eml --key ops.pem --to depot.crt -o wrapped.eml",
            "milswitch smime wrap order.eml --key ops.pem --outer-key domain.pem --to depot.crt --inner-label 1.3.26.1.3.1:3 --outer-label 1.3.26.1.3.1:1 --receipt-request");
    }

    private Command Decrypt()
    {
        var options = new SmimeOptions();
        var key = new Option<string[]>("--key", "--keys") { Description = "Private keys with their certificates: PEM, DER, PKCS#12, a folder of them, or a pkcs11: URI", HelpName = "K", Required = true, AllowMultipleArgumentsPerToken = true };
        var certificates = TrustOptions.Files("--certs", "Further certificates, in which a key may find its own");
        var all = new Option<bool>("--all") { Description = "Take off every layer, signatures too, unjudged: 'milswitch inspect' judges" };
        var command = new Command("decrypt", "Take the encryption off a message, and restore its header; exit 1 when it does not open") { options.Input };
        options.AddTo(command);
        foreach (var option in new Option[] { key, certificates, all }) command.Options.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var keys = options.Keys(arguments, environment);
            var message = ReadMessage(arguments.GetRequiredValue(options.Input)!);
            var own = keys.ReadDecryptionKeys("--key", arguments.GetRequiredValue(key), Certificates(arguments, options, "--certs", certificates));
            var extent = arguments.GetValue(all) ? DecryptionExtent.Everything : DecryptionExtent.Encryption;
            using var opened = await Guarded(() => MessageProtector.DecryptAsync(message, own, SuiteAlgorithms.Limit(OpeningOptions.Default, options.Suite(arguments)), extent, cancellationToken));
            if (opened.Text is { } why) throw new CommandFault(ExitCodes.Bad, why);
            foreach (var layer in opened.Removed)
            {
                var by = layer.RecipientKind is null ? "" : $": opened by {layer.RecipientKind} {layer.RecipientId}";
                environment.Error.WriteLine($"milswitch: part {layer.Part}: {Words(layer.Type)} taken off{Text.Printable(by)}");
            }

            if (!opened.IsAuthenticated) environment.Error.WriteLine("milswitch: the encryption carries no code: anybody on the way may have changed the message, unless a signature inside holds");
            if (opened.FromMismatch) environment.Error.WriteLine("milswitch: From is another inside; the outer one was kept");
            Write(arguments, options, opened.Message);
            return ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch smime decrypt encrypted.eml --key depot.p12 --password-file depot.password -o signed.eml",
            "milswitch smime decrypt wrapped.eml --key depot.pem --all | less",
            "milswitch smime decrypt old.eml --key depot.pem --suite legacy");
    }

    private Command Receipt()
    {
        var options = new SmimeOptions { IsInputOptional = true };
        var key = new Option<string?>("--key") { Description = "Signs the receipt: PEM, DER, PKCS#12 or a pkcs11: URI", HelpName = "K" };
        var certificate = new Option<string?>("--cert") { Description = "The key's certificate, where it doesn't stand beside it", HelpName = "CERT" };
        var opening = new Option<string[]>("--keys") { Description = "Private keys to open the messages with", HelpName = "K", AllowMultipleArgumentsPerToken = true };
        var from = new Option<string?>("--from") { Description = "Who answers; without, the first address of the certificate", HelpName = "A" };
        var recipients = TrustOptions.Files("--to", "Certificates to encrypt the receipt for; a message that came encrypted needs them, or --open");
        var open = new Option<bool>("--open") { Description = "Answer an encrypted message without encryption" };
        var certificates = TrustOptions.Files("--certs", "Further certificates, in which signers may be found");
        var verify = new Option<string?>("--verify") { Description = "A receipt to verify; exit 1 when it is not good", HelpName = "RECEIPT" };
        var original = new Option<string?>("--original") { Description = "With --verify: the message as it was sent", HelpName = "SENT" };
        var command = new Command("receipt", "Make the signed receipt that a message asks for (RFC 2634), or verify one; exit 1 when none is due") { options.Input };
        options.AddTo(command);
        foreach (var option in new Option[] { key, certificate, opening, from, recipients, open, certificates, verify, original }) command.Options.Add(option);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var keys = options.Keys(arguments, environment);
            var suite = options.Suite(arguments);
            var own = arguments.GetValue(opening) is { Length: > 0 } named ? keys.ReadDecryptionKeys("--keys", named) : [];
            var helping = Certificates(arguments, options, "--certs", certificates).ToArray();
            var verification = new VerificationOptions { Suite = suite };
            if (arguments.GetValue(verify) is { } receipt)
            {
                if (arguments.GetValue(original) is not { } sent) throw new CommandFault(ExitCodes.WrongUse, "--verify: needs --original");
                var verified = await Guarded(() => MessageProtector.VerifyReceiptAsync(ReadMessage(receipt), ReadMessage(sent), own, SuiteAlgorithms.Limit(OpeningOptions.Default, suite), verification, helping, cancellationToken));
                return Show(verified);
            }

            if (arguments.GetValue(options.Input) is not { } input) throw new CommandFault(ExitCodes.WrongUse, "IN: which message is answered?");
            if (arguments.GetValue(key) is not { } signer) throw new CommandFault(ExitCodes.WrongUse, "--key: a receipt is signed");
            var message = ReadMessage(input);
            var (signing, _) = keys.ReadSigningKey("--key", signer, arguments.GetValue(certificate) is { } file ? new CertificateSource(environment, null).ReadOne(file).Certificate.Encoded : default);
            var addresses = Certificate.Read(signing.Certificate).MailAddresses;
            var settings = new ReceiptSettings
            {
                Signer = new CmsSigner(signing),
                From = arguments.GetValue(from) ?? addresses.FirstOrDefault() ?? throw new CommandFault(ExitCodes.WrongUse, "--from: the certificate has no mail address"),
                Addresses = [.. addresses, .. arguments.GetValue(from) is { } more ? [more] : Array.Empty<string>()],
                Now = TimeProvider.System.GetUtcNow(),
                Keys = own,
                Opening = SuiteAlgorithms.Limit(OpeningOptions.Default, suite),
                Verification = verification,
                Certificates = helping,
                Encryption = arguments.GetValue(recipients) is { Length: > 0 } to ? new EncryptionSettings { Recipients = SealOptions.Recipients(to, environment), Suite = suite } : null,
                AllowOpenAnswer = arguments.GetValue(open),
                Suite = suite,
            };
            var answer = await Guarded(() => MessageProtector.MakeReceiptAsync(message, settings, cancellationToken));
            if (answer.Message is not { } made) throw new CommandFault(ExitCodes.Bad, $"no receipt is due: step {answer.Outcome.Step} of RFC 2634 section 2.3");
            environment.Error.WriteLine("milswitch: to " + Text.Printable(string.Join(", ", answer.Addresses)));
            Write(arguments, options, made);
            return ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch smime receipt signed.eml --key depot.pem -o receipt.eml",
            "milswitch smime receipt wrapped.eml --key depot.pem --keys depot.pem --to ops.crt -o receipt.eml",
            "milswitch smime receipt --verify receipt.eml --original sent.eml");
    }

    private int Show(ReceiptVerification verified)
    {
        environment.Output.WriteLine(verified.IsGood ? "valid" : "invalid: " + string.Join(" ", verified.Reasons.Select(r => r.Text())));
        if (verified.Receipt is { } receipt) environment.Output.WriteLine($"  for {Convert.ToHexStringLower(receipt.ContentIdentifier.Span)}");
        foreach (var signer in verified.Signers)
        {
            var subject = "nobody who is known";
            try
            {
                if (!signer.Certificate.IsEmpty) subject = Certificate.Read(signer.Certificate).Subject.ToString();
            }
            catch (CmsFormatException)
            {
                // Its reasons say what is wrong.
            }

            environment.Output.WriteLine($"  signed by {Text.Printable(subject)}, {Text.Time(signer.Verdict.SigningTime)}");
        }

        if (verified.IsGood) environment.Output.WriteLine("  whether the signer is believed, 'milswitch path' tells");
        return verified.IsGood ? ExitCodes.Done : ExitCodes.Bad;
    }

    private Task<int> MakeAsync(ParseResult arguments, SmimeOptions options, Func<ValueTask<ReadOnlySequence<byte>>> make) => Guarded(async () =>
    {
        Write(arguments, options, await make());
        return ExitCodes.Done;
    });

    // What is refused is an answer, not a fault of the program.
    private static async Task<T> Guarded<T>(Func<ValueTask<T>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception fault) when (fault is MakingRefusedException or SigningRefusedException)
        {
            throw new CommandFault(ExitCodes.Bad, "refused: " + fault.Message);
        }
        catch (KeyUnavailableException fault)
        {
            throw new CommandFault(ExitCodes.NotFound, "the key can't be used: " + fault.Message);
        }
    }

    private ReadOnlyMemory<byte> ReadMessage(string file) => MessageFile.Read(environment, "IN", file);

    private void Write(ParseResult arguments, SmimeOptions options, ReadOnlySequence<byte> message)
    {
        var file = arguments.GetValue(options.Output);
        try
        {
            using var stream = file is null or "-" ? environment.OpenOutput() : File.Create(file);
            foreach (var piece in message) stream.Write(piece.Span);
        }
        catch (Exception fault) when (file is not null && fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"-o: {file}: can't be written");
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> Certificates(ParseResult arguments, SmimeOptions options, string name, Option<string[]> option) =>
        new CertificateSource(environment, arguments.GetValue(options.PasswordFile)).ReadAll(name, arguments.GetValue(option)).SelectMany(c => c.Certificates).Select(c => c.Encoded);

    private static string Words(LayerType type) => type switch
    {
        LayerType.AuthEncrypted => "authenticated encryption",
        LayerType.Encrypted => "encryption",
        LayerType.Signed => "signature",
        LayerType.Compressed => "compression",
        _ => "layer",
    };

    private static Option<string?> LabelOption(string name, string description) => new(name)
    {
        Description = description + ": POLICY-OID:CLASSIFICATION[:PRIVACY-MARK], or any other form that 'milswitch label decode' knows", HelpName = "SPEC",
    };

    private static Option<string> HeaderProtection()
    {
        var option = new Option<string>("--header-protection") { Description = "How header fields are protected: rfc9788, rfc8551 (message/rfc822 wrap) or none", DefaultValueFactory = _ => "rfc9788" };
        option.AcceptOnlyFromAmong("rfc9788", "rfc8551", "none");
        return option;
    }

    private static ProtectionScheme Scheme(string? word) => word switch { "rfc8551" => ProtectionScheme.Rfc8551, "none" => ProtectionScheme.None, _ => ProtectionScheme.Rfc9788 };

    private static string[] SignatureTypes(string? word) => word switch
    {
        "originator" => [SignatureType.Originator],
        "domain" => [SignatureType.Domain],
        "attribute" => [SignatureType.AdditionalAttributes],
        "review" => [SignatureType.Review],
        _ => [],
    };

    private SecurityLabel? ReadLabel(ParseResult arguments, string option, string? spec, Option<string[]> spif)
    {
        if (spec is null) return null;
        var label = LabelSource.Read(environment, option, spec, null, PolicySource.Read(environment, "--spif", arguments.GetValue(spif)), ExitCodes.WrongUse).Label;
        try
        {
            // What can't be written is found out here, with the option's name.
            EssLabel.Encode(label);
            return label;
        }
        catch (LabelRefusedException refused)
        {
            throw new CommandFault(ExitCodes.WrongUse, $"{option}: it can't be written as ESSSecurityLabel: {refused.Message}");
        }
    }
}
