using System.CommandLine;
using System.Text.Json;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Host.Commands;

/// <summary>Certificates judged offline: no node, no network.</summary>
public sealed partial class CommandLine
{
    private Command Path()
    {
        var file = new Argument<string>("CERT") { Description = "The certificate to judge: PEM, DER, certs-only or PKCS#12; of several the first that is no authority; '-' for standard input" };
        var trust = new TrustOptions();
        var purpose = new Option<string>("--purpose") { Description = "What the certificate is to be used for: sign, encrypt, ca or any", DefaultValueFactory = _ => "any" };
        purpose.AcceptOnlyFromAmong("sign", "encrypt", "ca", "any");
        var policies = new Option<string[]>("--initial-policy") { Description = "Policies that will do; without, any", HelpName = "OID", AllowMultipleArgumentsPerToken = true };
        var explicitPolicy = new Option<bool>("--explicit-policy") { Description = "A policy must be valid for the whole path" };
        var inhibitMapping = new Option<bool>("--inhibit-mapping") { Description = "Policies are not mapped" };
        var inhibitAny = new Option<bool>("--inhibit-any") { Description = "anyPolicy stands for nothing" };
        var print = new Option<bool>("--json") { Description = "Print the verdict as JSON" };
        var command = new Command("path", "Certification path validation: whether a certificate is believed, and why not; exit 1 when it is not")
        {
            file, purpose, policies, explicitPolicy, inhibitMapping, inhibitAny, print,
        };
        trust.AddTo(command);
        command.SetAction(arguments =>
        {
            var reader = new CertificateSource(environment, arguments.GetValue(trust.PasswordFile));
            var target = reader.ReadOne(arguments.GetRequiredValue(file));
            var options = new PathOptions
            {
                Trust = trust.ReadTrust(arguments, reader, target.Others),
                At = trust.ReadAt(arguments),
                Suite = trust.ReadSuite(arguments),
                Revocation = trust.ReadRevocation(arguments),
                Purpose = arguments.GetRequiredValue(purpose) switch { "sign" => PathPurpose.Sign, "encrypt" => PathPurpose.Encrypt, "ca" => PathPurpose.Authority, _ => PathPurpose.Any },
                InitialPolicies = arguments.GetValue(policies)?.SelectMany(p => p.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(Policy).ToArray() ?? [],
                ExplicitPolicy = arguments.GetValue(explicitPolicy),
                InhibitMapping = arguments.GetValue(inhibitMapping),
                InhibitAny = arguments.GetValue(inhibitAny),
            };
            var verdict = PathJudge.Judge(target.Certificate, options);
            if (arguments.GetValue(print)) WriteJson(verdict);
            else WriteTree(verdict, options.At);
            return verdict.IsValid ? ExitCodes.Done : ExitCodes.Bad;
        });
        return Example(
            command,
            "milswitch path alice.pem --anchors root.pem",
            "milswitch path alice.pem --anchors root.pem --certs intermediates/ --crls crls/ --revocation require --purpose sign",
            "milswitch path alice.p12 --password-file alice.password --anchors anchors/ --at 2021-03-01T00:00:00Z --suite legacy --json");
    }

    private static string Policy(string text) => text == "any" ? "2.5.29.32.0"
        : text.Length > 2 && text.All(c => c == '.' || char.IsAsciiDigit(c)) && text.Contains('.', StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal) && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
            ? text
            : throw new CommandFault(ExitCodes.WrongUse, $"--initial-policy: '{text}' is no object identifier");

    private void WriteJson(PathVerdict verdict)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("verdict", verdict.IsValid ? "valid" : "invalid");
            WriteAll("reasons", verdict.Reasons.Select(r => r.Text()));
            WriteAll("path", verdict.Path.Select(c => c.Subject.ToString()));
            WriteAll("policies", verdict.Policies);
            json.WriteStartArray("findings");
            foreach (var finding in verdict.Findings)
            {
                json.WriteStartObject();
                json.WriteString("reason", finding.Reason.Text());
                json.WriteString("subject", finding.Certificate.Subject.ToString());
                json.WriteString("detail", finding.Detail);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteAll("notes", verdict.Notes);
            json.WriteEndObject();

            void WriteAll(string name, IEnumerable<string> values)
            {
                json.WriteStartArray(name);
                foreach (var value in values) json.WriteStringValue(value);
                json.WriteEndArray();
            }
        }

        environment.Output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    // From the anchor down, as authority flows; what is wrong stands below whom it concerns.
    private void WriteTree(PathVerdict verdict, DateTimeOffset at)
    {
        environment.Output.WriteLine(verdict.IsValid ? "valid" : "invalid: " + string.Join(" ", verdict.Reasons.Select(r => r.Text())));
        environment.Output.WriteLine($"as of {Text.Time(at)}");
        for (var i = verdict.Path.Count - 1; i >= 0; i--)
        {
            var certificate = verdict.Path[i];
            var indent = new string(' ', 2 * (verdict.Path.Count - i));
            environment.Output.WriteLine($"{indent}{Text.Printable(certificate.Subject.ToString())}");
            environment.Output.WriteLine($"{indent}  serial {Text.Printable(certificate.SerialText)}, {Text.Time(certificate.NotBefore)} to {Text.Time(certificate.NotAfter)}, {certificate.ReadKey()?.Name ?? certificate.KeyAlgorithm.Algorithm}");
            if (certificate.MailAddresses.Count > 0) environment.Output.WriteLine($"{indent}  for {Text.Printable(string.Join(", ", certificate.MailAddresses))}");
            foreach (var finding in verdict.Findings.Where(f => f.Certificate.Equals(certificate))) environment.Output.WriteLine($"{indent}  {finding.Reason.Text()}: {Text.Printable(finding.Detail)}");
        }

        // What concerns a certificate beside the path.
        foreach (var finding in verdict.Findings.Where(f => !verdict.Path.Contains(f.Certificate))) environment.Output.WriteLine($"{finding.Reason.Text()}: {Text.Printable(finding.Detail)}");
        if (verdict.Policies.Count > 0) environment.Output.WriteLine("policies: " + string.Join(" ", verdict.Policies));
        foreach (var note in verdict.Notes) environment.Output.WriteLine("note: " + Text.Printable(note));
    }
}
