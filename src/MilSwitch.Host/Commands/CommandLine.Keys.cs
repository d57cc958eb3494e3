using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Tokens;

namespace MilSwitch.Host.Commands;

/// <summary>Keys and their certificates, in files and on tokens: what a security officer does before a node can use them.</summary>
public sealed partial class CommandLine
{
    private const string KeyText = "a file (PEM, DER, PKCS#12), or pkcs11:token=LABEL;object=KEY?module-path=LIBRARY&pin-source=FILE";

    private static readonly Dictionary<string, TokenKeyKind> TokenKinds = new(StringComparer.Ordinal)
    {
        ["rsa-2048"] = TokenKeyKind.Rsa2048, ["rsa-3072"] = TokenKeyKind.Rsa3072, ["rsa-4096"] = TokenKeyKind.Rsa4096,
        ["p256"] = TokenKeyKind.P256, ["p384"] = TokenKeyKind.P384, ["p521"] = TokenKeyKind.P521,
    };

    private static readonly Dictionary<string, KeyRole> Roles = ConfigurationReader.KeyRoles.ToDictionary(r => r.Word, r => r.Value, StringComparer.Ordinal);

    private readonly Option<string?> passwordFile = new("--password-file") { Description = "Holds the password of key files", HelpName = "FILE" };
    private readonly Option<string?> pinFile = new("--pin-file") { Description = "Holds the token's PIN, when the URI has no pin-source=", HelpName = "FILE" };
    private readonly Option<bool> printJson = new("--json") { Description = "Print JSON" };

    private Command Key()
    {
        var target = new Argument<string>("KEY") { Description = "Where to: a file that isn't there yet, or pkcs11:token=LABEL;object=KEY?module-path=LIBRARY" };
        var kind = new Option<string>("--kind") { Description = "What kind: " + string.Join(", ", SoftwareKey.Kinds) + "; on tokens RSA and P", DefaultValueFactory = _ => "p384", HelpName = "KIND" };
        kind.AcceptOnlyFromAmong([.. SoftwareKey.Kinds]);
        var role = Role();
        var generate = new Command("generate", "Make a private key, on a token or in a file that only its owner may read, and print its public key") { target, kind, role, passwordFile, pinFile, printJson };
        generate.SetAction(arguments => Generate(
            arguments.GetRequiredValue(target), arguments.GetRequiredValue(kind), Roles[arguments.GetRequiredValue(role)], arguments.GetValue(passwordFile), arguments.GetValue(pinFile), arguments.GetValue(printJson)));
        Example(
            generate,
            "milswitch key generate 'pkcs11:token=milswitch;object=domain-signing?module-path=/usr/lib/softhsm/libsofthsm2.so' --kind p384 --role domain-signing --pin-file PIN.txt",
            "milswitch key generate signing.key --kind ml-dsa-87 --password-file signing.password > signing.pub");

        var where = new Argument<string>("URI") { Description = "Names a library, and by token= or serial= a token of it" };
        var list = new Command("list", "The tokens of a PKCS#11 library, without a PIN; or, when the URI names one, its keys and certificates") { where, pinFile, printJson };
        list.SetAction(arguments => List(TokenSource.Parse("URI", arguments.GetRequiredValue(where)), arguments.GetValue(pinFile), arguments.GetValue(printJson)));
        Example(
            list,
            "milswitch key list 'pkcs11:?module-path=/usr/lib/softhsm/libsofthsm2.so'",
            "milswitch key list 'pkcs11:token=milswitch?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=PIN.txt' --json");

        var shown = new Argument<string>("KEY") { Description = "Which: " + KeyText };
        var onlyPublic = new Option<bool>("--public") { Description = "Print the public key as PEM and nothing else" };
        var show = new Command("show", "What a key is, and which certificates belong to it; never the key itself") { shown, onlyPublic, passwordFile, pinFile, printJson };
        show.SetAction(arguments =>
        {
            using var source = new KeySource(environment, arguments.GetValue(passwordFile), arguments.GetValue(pinFile));
            var (keys, certificates) = ReadKeys(source, arguments.GetRequiredValue(shown));
            if (arguments.GetValue(onlyPublic)) foreach (var key in keys) environment.Output.Write(PublicPem(key));
            else if (arguments.GetValue(printJson)) Print(writer => WriteKeys(writer, keys, certificates));
            else foreach (var key in keys) WriteKey(key, certificates);
            return ExitCodes.Done;
        });
        Example(
            show,
            "milswitch key show signing.key --password-file signing.password",
            "milswitch key show 'pkcs11:token=milswitch;object=domain-signing?module-path=/usr/lib/softhsm/libsofthsm2.so' --pin-file PIN.txt --public");
        return new Command("key", "Private keys in files and on tokens") { generate, list, show };
    }

    private Command Cert()
    {
        var key = new Argument<string>("KEY") { Description = "Whose: " + KeyText };
        var subject = new Option<string>("--subject") { Description = "The distinguished name, most specific part first", Required = true, HelpName = "DN" };
        var addresses = new Option<string[]>("--address") { Description = "Mail addresses that it is for", HelpName = "ADDRESS", AllowMultipleArgumentsPerToken = true };
        var role = Role();
        var output = new Option<string?>("-o", "--output-file") { Description = "Where to, instead of standard output", HelpName = "FILE" };
        var request = new Command("request", "Ask for a certificate: a PKCS#10 request for an authority, as PEM") { key, subject, addresses, role, output, passwordFile, pinFile, printJson };
        request.SetAction(arguments => Request(
            arguments.GetRequiredValue(key), arguments.GetRequiredValue(subject), arguments.GetValue(addresses) ?? [], Roles[arguments.GetRequiredValue(role)], arguments.GetValue(output),
            new KeySource(environment, arguments.GetValue(passwordFile), arguments.GetValue(pinFile)), arguments.GetValue(printJson)));
        Example(
            request,
            "milswitch cert request 'pkcs11:token=milswitch;object=domain-signing?module-path=/usr/lib/softhsm/libsofthsm2.so' --pin-file PIN.txt --subject 'CN=Domain signing,O=Example' --address domain-signing-authority@example.org -o signing.csr",
            "milswitch cert request confidentiality.key --subject 'CN=Gateway' --address gateway@example.org --role domain-confidentiality > gateway.csr");

        var files = new Argument<string[]>("PATH") { Description = "Files or folders of certificates", Arity = ArgumentArity.OneOrMore };
        var show = new Command("show", "What certificates say, believed or not; 'path' judges them") { files, passwordFile, printJson };
        show.SetAction(arguments =>
        {
            var certificates = new CertificateSource(environment, arguments.GetValue(passwordFile)).ReadAll("PATH", arguments.GetValue(files)).SelectMany(c => c.Certificates).ToArray();
            if (certificates.Length is 0) throw new CommandFault(ExitCodes.NotFound, "PATH: no certificate is there");
            if (arguments.GetValue(printJson)) Print(writer => WriteAll(writer, "certificates", certificates, WriteCertificate));
            else foreach (var certificate in certificates) WriteCertificate(certificate);
            return ExitCodes.Done;
        });
        Example(show, "milswitch cert show signing.pem", "milswitch cert show anchors/ --json");

        var file = new Argument<string>("CERT") { Description = "The certificate that an authority issued for a key of the token" };
        var token = new Argument<string>("URI") { Description = "The token: pkcs11:token=LABEL?module-path=LIBRARY" };
        var import = new Command("import", "Store a certificate on a token beside its key") { file, token, pinFile, printJson };
        import.SetAction(arguments =>
        {
            var certificate = new CertificateSource(environment, passwordFile: null).ReadOne(arguments.GetRequiredValue(file)).Certificate;
            using var source = new TokenSource(arguments.GetValue(pinFile));
            var uri = TokenSource.Parse("URI", arguments.GetRequiredValue(token));
            var stored = source.With(
                "URI", uri, (administration, name) => administration.Certificates().Any(c => c.Encoded.Span.SequenceEqual(certificate.Encoded.Span))
                    ? throw new CommandFault(ExitCodes.Conflict, $"CERT: the token {name} has it already")
                    : administration.Store(certificate),
                writes: true);
            if (arguments.GetValue(printJson)) Print(writer => WriteCertificate(writer, certificate, stored.Label));
            else environment.Output.WriteLine($"stored with the key {Text.Printable(stored.Label)}");
            return ExitCodes.Done;
        });
        Example(import, "milswitch cert import signing.pem 'pkcs11:token=milswitch?module-path=/usr/lib/softhsm/libsofthsm2.so' --pin-file PIN.txt");
        return new Command("cert", "Certificates: ask for them, look at them, store them") { KeyFacts(), request, show, import };
    }

    private static Option<string> Role()
    {
        var role = new Option<string>("--role") { Description = "What the key is for: " + string.Join(", ", Roles.Keys) + "; a key that decrypts never signs mail", DefaultValueFactory = _ => "domain-signing", HelpName = "ROLE" };
        role.AcceptOnlyFromAmong([.. Roles.Keys]);
        return role;
    }

    private int Generate(string target, string kind, KeyRole role, string? password, string? pin, bool asJson)
    {
        TokenKeyDescription made;
        using var source = new KeySource(environment, password, pin);
        if (Pkcs11Uri.Is(target))
        {
            var uri = TokenSource.Parse("KEY", target);
            if (uri.Object is not { Length: > 0 } label) throw new CommandFault(ExitCodes.WrongUse, "KEY: object= is missing; it names the new key");
            if (!TokenKinds.TryGetValue(kind, out var tokenKind)) throw new CommandFault(ExitCodes.WrongUse, $"--kind: tokens make {string.Join(", ", TokenKinds.Keys)}, not {kind}");
            made = source.Tokens.With(
                "KEY", uri, (token, name) =>
                {
                    if (token.Keys().Any(k => k.Label == label)) throw new CommandFault(ExitCodes.Conflict, $"KEY: the token {name} has a key {label} already");
                    var info = token.Generate(label, tokenKind, role);
                    return token.Keys().First(k => k.Label == label && (k.PublicKeyInfo.IsEmpty || k.PublicKeyInfo.Span.SequenceEqual(info))) with { PublicKeyInfo = info };
                },
                writes: true);
        }
        else
        {
            using var key = SoftwareKey.Generate(kind);
            Create(target, key.ToPem(source.Password));
            made = Describe(key);
        }

        if (asJson) Print(writer => WriteKey(writer, made, []));
        else environment.Output.Write(PublicPem(made));
        return ExitCodes.Done;
    }

    // Nobody else may read it at any moment, and a key that is there is never written over.
    private static void Create(string file, string pem)
    {
        var octets = Encoding.ASCII.GetBytes(pem);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var stream = new FileStream(file, options);
            stream.Write(octets);
            stream.Flush(flushToDisk: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandFault(
                File.Exists(file) ? ExitCodes.Conflict : ExitCodes.NotFound, $"KEY: {file}: {(File.Exists(file) ? "is there already and is not written over" : "can't be written")}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(octets);
        }
    }

    private int List(Pkcs11Uri uri, string? pin, bool asJson)
    {
        if (uri.Token is null && uri.Serial is null)
        {
            var tokens = TokenSource.FindTokens("URI", uri);
            if (asJson)
            {
                Print(writer => WriteAll(writer, "tokens", tokens, (w, t) =>
                {
                    w.WriteStartObject();
                    w.WriteString("label", t.Label);
                    w.WriteString("serial", t.Serial);
                    w.WriteString("manufacturer", t.Manufacturer);
                    w.WriteString("model", t.Model);
                    w.WriteString("pin", PinState(t));
                    w.WriteEndObject();
                }));
            }
            else
            {
                Text.WriteTable(environment.Output, ["TOKEN", "SERIAL", "MANUFACTURER", "MODEL", "PIN"], tokens.Select(t => (IReadOnlyList<string>)[t.Label, t.Serial, t.Manufacturer, t.Model, PinState(t)]));
            }

            return ExitCodes.Done;
        }

        using var source = new TokenSource(pin);
        var (keys, certificates) = source.With("URI", uri, (token, _) => (token.Keys(), token.Certificates()));
        var read = ReadStored(certificates);
        if (asJson)
        {
            Print(writer => WriteKeys(writer, keys, read));
            return ExitCodes.Done;
        }

        Text.WriteTable(environment.Output, ["KEY", "KIND", "USE", "KEY ID", "CERTIFICATE", "UNTIL"], keys.Select(k =>
        {
            var own = Own(k, read).MaxBy(c => c.NotAfter);
            return (IReadOnlyList<string>)[k.Label, k.Kind, Use(k), Convert.ToHexStringLower(k.Id.Span), own?.Subject.ToString() ?? "-", Text.Time(own?.NotAfter)];
        }));
        foreach (var alone in read.Where(c => !keys.Any(k => Own(k, [c]).Any()))) environment.Output.WriteLine($"certificate without a key: {Text.Printable(alone.Subject.ToString())}, until {Text.Time(alone.NotAfter)}");
        return ExitCodes.Done;

        static string PinState(TokenDescription token) => token.IsPinLocked ? "locked" : token.IsFinalTry ? "final try" : token.HasPin ? "set" : "not set";
    }

    private int Request(string text, string subject, string[] addresses, KeyRole role, string? output, KeySource keys, bool asJson)
    {
        using var source = keys;
        X500DistinguishedName name;
        try
        {
            name = new X500DistinguishedName(subject);
        }
        catch (CryptographicException)
        {
            throw new CommandFault(ExitCodes.WrongUse, "--subject: no distinguished name; write it as CN=Name,O=Organisation,C=XX");
        }

        foreach (var address in addresses)
        {
            var at = address.IndexOf('@', StringComparison.Ordinal);
            if (at < 1 || at == address.Length - 1 || !address.All(c => c is > ' ' and <= '~')) throw new CommandFault(ExitCodes.WrongUse, $"--address: '{address}' is no mail address in ASCII");
        }

        var der = Pkcs11Uri.Is(text) ? OnToken(TokenSource.Parse("KEY", text)) : InFile();
        var pem = PemEncoding.WriteString("CERTIFICATE REQUEST", der) + "\n";
        if (output is not null)
        {
            try
            {
                File.WriteAllText(output, pem);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new CommandFault(ExitCodes.NotFound, $"-o: {output}: can't be written");
            }
        }

        if (asJson)
        {
            Print(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("subject", name.Name);
                WriteAll(writer, "addresses", addresses);
                writer.WriteString("request", Convert.ToBase64String(der));
                writer.WriteEndObject();
            });
        }
        else if (output is null)
        {
            environment.Output.Write(pem);
        }

        return ExitCodes.Done;

        byte[] OnToken(Pkcs11Uri uri) => source.Tokens.With("KEY", uri, (token, called) => token.Request(TokenSource.ChooseKey("KEY", uri, called, token.Keys()).Label, name, addresses, role));

        byte[] InFile()
        {
            using var file = source.ReadFile("KEY", text);
            if (file.Keys is not [var key]) throw new CommandFault(ExitCodes.NotFound, $"KEY: {text}: {(file.Keys.Count is 0 ? "no private key in it" : "several private keys in it")}");
            if (!key.Signs) throw new CommandFault(ExitCodes.WrongUse, $"KEY: {text}: a key of the kind {key.Kind} does not sign, and so can't ask by PKCS#10; give the authority what 'key show --public' prints");
            return key.Request(name, addresses, role);
        }
    }

    private static (IReadOnlyList<TokenKeyDescription> Keys, IReadOnlyList<Certificate> Certificates) ReadKeys(KeySource source, string text)
    {
        if (Pkcs11Uri.Is(text))
        {
            var uri = TokenSource.Parse("KEY", text);
            return source.Tokens.With("KEY", uri, (token, name) => ((IReadOnlyList<TokenKeyDescription>)[TokenSource.ChooseKey("KEY", uri, name, token.Keys())], ReadStored(token.Certificates())));
        }

        using var file = source.ReadFile("KEY", text);
        if (file.Keys.Count is 0) throw new CommandFault(ExitCodes.NotFound, $"KEY: {text}: no private key in it");
        return ([.. file.Keys.Select(Describe)], [.. file.Certificates.Select(TokenSource.TryRead).OfType<Certificate>()]);
    }

    private static IReadOnlyList<Certificate> ReadStored(IReadOnlyList<TokenCertificate> certificates) => [.. certificates.Select(c => TokenSource.TryRead(c.Encoded)).OfType<Certificate>()];

    private static TokenKeyDescription Describe(SoftwareKey key) => new("", default, key.Kind, key.PublicKeyInfo.ToArray(), key.Signs, key.Kind[0] is 'r' or 'p' or 'x' || key.Kind.StartsWith("ml-kem", StringComparison.Ordinal), true);

    private static IEnumerable<Certificate> Own(TokenKeyDescription key, IEnumerable<Certificate> certificates) =>
        certificates.Where(c => !key.PublicKeyInfo.IsEmpty && c.SubjectPublicKeyInfo.Span.SequenceEqual(key.PublicKeyInfo.Span));

    private static string Use(TokenKeyDescription key) => (key.Signs, key.Decrypts) switch { (true, true) => "sign decrypt", (true, false) => "sign", (false, true) => "decrypt", _ => "-" };

    private static string PublicPem(TokenKeyDescription key) => key.PublicKeyInfo.IsEmpty
        ? throw new CommandFault(ExitCodes.NotFound, "KEY: its public key isn't shown")
        : PemEncoding.WriteString("PUBLIC KEY", key.PublicKeyInfo.Span) + "\n";

    private static string? Fingerprint(TokenKeyDescription key) => key.PublicKeyInfo.IsEmpty ? null : Convert.ToHexStringLower(SHA256.HashData(key.PublicKeyInfo.Span));

    private void WriteKey(TokenKeyDescription key, IReadOnlyList<Certificate> certificates)
    {
        Text.WriteFields(
            environment.Output,
            ("label", key.Label),
            ("kind", key.Kind),
            ("use", Use(key)),
            ("key id", Convert.ToHexStringLower(key.Id.Span)),
            ("public key sha-256", Fingerprint(key)),
            ("may leave the token", key.Label.Length is 0 ? null : key.MayLeave ? "yes" : "no"));
        foreach (var certificate in Own(key, certificates)) WriteCertificate(certificate);
    }

    private void WriteCertificate(Certificate certificate)
    {
        environment.Output.WriteLine(Text.Printable(certificate.Subject.ToString()));
        Text.WriteFields(
            environment.Output,
            ("  issuer", certificate.Issuer.ToString()),
            ("  serial", certificate.SerialText),
            ("  valid", $"{Text.Time(certificate.NotBefore)} to {Text.Time(certificate.NotAfter)}"),
            ("  for", string.Join(", ", certificate.MailAddresses)),
            ("  key", KeyName(certificate)),
            ("  use", certificate.KeyUsage is { } use ? use.ToString() : "any"),
            ("  authority", certificate.IsAuthority ? "yes" : null),
            ("  sha-256", certificate.Thumbprint));
    }

    private static string KeyName(Certificate certificate) => certificate.ReadKey()?.Name ?? certificate.KeyAlgorithm.Algorithm;

    private static void WriteKeys(Utf8JsonWriter writer, IReadOnlyList<TokenKeyDescription> keys, IReadOnlyList<Certificate> certificates) =>
        WriteAll(writer, "keys", keys, (w, k) => WriteKey(w, k, certificates));

    private static void WriteKey(Utf8JsonWriter writer, TokenKeyDescription key, IReadOnlyList<Certificate> certificates)
    {
        writer.WriteStartObject();
        writer.WriteString("label", key.Label.Length > 0 ? key.Label : null);
        writer.WriteString("kind", key.Kind);
        writer.WriteBoolean("signs", key.Signs);
        writer.WriteBoolean("decrypts", key.Decrypts);
        writer.WriteBoolean("mayLeave", key.MayLeave);
        writer.WriteString("keyId", key.Id.IsEmpty ? null : Convert.ToHexStringLower(key.Id.Span));
        writer.WriteString("publicKey", key.PublicKeyInfo.IsEmpty ? null : Convert.ToBase64String(key.PublicKeyInfo.Span));
        writer.WriteString("publicKeySha256", Fingerprint(key));
        writer.WriteStartArray("certificates");
        foreach (var certificate in Own(key, certificates)) WriteCertificate(writer, certificate, label: null);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteCertificate(Utf8JsonWriter writer, Certificate certificate) => WriteCertificate(writer, certificate, label: null);

    private static void WriteCertificate(Utf8JsonWriter writer, Certificate certificate, string? label)
    {
        writer.WriteStartObject();
        if (label is not null) writer.WriteString("label", label);
        writer.WriteString("subject", certificate.Subject.ToString());
        writer.WriteString("issuer", certificate.Issuer.ToString());
        writer.WriteString("serial", certificate.SerialText);
        writer.WriteString("notBefore", Text.Time(certificate.NotBefore));
        writer.WriteString("notAfter", Text.Time(certificate.NotAfter));
        WriteAll(writer, "addresses", certificate.MailAddresses);
        writer.WriteString("key", KeyName(certificate));
        WriteAll(writer, "keyUsage", certificate.KeyUsage is { } use ? [.. Enum.GetValues<KeyUses>().Where(u => u is not KeyUses.None && use.HasFlag(u)).Select(u => JsonNamingPolicy.CamelCase.ConvertName(u.ToString()))] : []);
        writer.WriteBoolean("authority", certificate.IsAuthority);
        writer.WriteString("sha256", certificate.Thumbprint);
        writer.WriteEndObject();
    }

    private static void WriteAll(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void WriteAll<T>(Utf8JsonWriter writer, string name, IEnumerable<T> values, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartObject();
        writer.WriteStartArray(name);
        foreach (var value in values) write(writer, value);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void Print(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true })) write(writer);
        environment.Output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
