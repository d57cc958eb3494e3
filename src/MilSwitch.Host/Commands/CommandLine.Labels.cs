using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Decisions;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;
using MilSwitch.Labels.Translation;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Policies;

namespace MilSwitch.Host.Commands;

/// <summary>The label engine on files and texts: no node, no network.</summary>
public sealed partial class CommandLine
{
    private Command Label() => new("label", "Decode, check, mark, translate and decide on security labels")
    {
        DecodeLabel(), EncodeLabel(), CheckLabel(), MarkLabel(), TranslateLabel(), PermitsLabel(), CheckPolicy(), Catalogue(), LoadedPolicies(), TryLabel(),
    };

    private Command DecodeLabel()
    {
        var options = new LabelOptions(environment);
        var label = LabelOptions.Label("FILE|TEXT");
        var format = LabelOptions.Format("--format", "The form that it is in; without, it is guessed", LabelForms.All);
        var command = new Command("decode", "What a label says, in whatever form it comes") { label, format };
        options.AddTo(command, options.Policies("Policies that give names"));
        command.SetAction(arguments =>
        {
            var policies = options.ReadPolicies(arguments);
            var decoded = LabelSource.Read(environment, label.Name, arguments.GetRequiredValue(label), arguments.GetValue(format) is { } word ? LabelForms.Form(word) : null, policies);
            var report = LabelReport.Of(decoded.Label, policies);
            if (options.IsJson(arguments)) environment.Output.WriteLine(LabelJson.Write(report, decoded, LabelRendering.Encoded(decoded.Label)));
            else LabelRendering.Write(environment.Output, report, decoded);
            return ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch label decode label.der --spif config/policies",
            "milswitch label decode 'SIO-Label: marking=\"ALFA SECRET\"; type=\":ess\"; label=\"MQsCAQQGBioDBAUGBw==\"' --json",
            "milswitch label decode label.xml --format stanag4774 --spif config/policies/alfa.xml",
            "milswitch label decode 'ALFA SECRET' --format flot --spif config/policies/alfa.xml");
    }

    private Command EncodeLabel()
    {
        var options = new LabelOptions(environment);
        var label = LabelOptions.Label("LABEL");
        var form = LabelOptions.Format("--as", "The form to write", LabelForms.Writable, required: true);
        var language = LabelOptions.Language();
        var output = LabelOptions.File();
        var command = new Command("encode", "Write a label in another form") { label, form, language, output };
        options.AddTo(command, options.Policies("Policies, for forms that speak in names"), json: false);
        command.SetAction(arguments =>
        {
            var policies = options.ReadPolicies(arguments);
            var decoded = LabelSource.Read(environment, label.Name, arguments.GetRequiredValue(label), null, policies);
            WriteLabel(arguments, decoded.Label, LabelForms.Form(arguments.GetRequiredValue(form)!), policies, arguments.GetValue(language), arguments.GetValue(output));
            return ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch label encode 'ALFA SECRET' --as ess --spif config/policies/alfa.xml -o label.der",
            "milswitch label encode label.der --as sio-label --spif config/policies/alfa.xml",
            "milswitch label encode label.der --as stanag4774 --spif config/policies/alfa.xml -o label.xml");
    }

    private Command CheckLabel()
    {
        var options = new LabelOptions(environment);
        var label = LabelOptions.Label("LABEL");
        var originated = new Option<bool>("--new") { Description = "As a label that is made now: nothing obsolete may stand in it" };
        var at = TrustOptions.Time();
        var command = new Command("check", "Whether a label is valid under its policy; exit 1 when not") { label, originated, at };
        options.AddTo(command, options.Policies("The policy; of several the label's own", required: true));
        options.AddExplain(command);
        command.SetAction(arguments =>
        {
            var policies = options.ReadPolicies(arguments);
            var decoded = LabelSource.Read(environment, label.Name, arguments.GetRequiredValue(label), null, policies);
            var policy = Governing(decoded.Label, policies);
            var decision = LabelValidity.Check(decoded.Label, policy, arguments.GetValue(originated) ? LabelUse.Originated : LabelUse.Received, TrustOptions.ReadTime(arguments.GetValue(at)));
            if (options.IsJson(arguments))
                WriteJson(new LabelCheckView(decision.IsGranted, LabelReport.Of(decoded.Label, policies), LabelRendering.Steps(decision.Steps, policy)), LabelJson.Default.LabelCheckView);
            else LabelRendering.Write(environment.Output, decision.IsGranted ? "valid" : "invalid", decision, policy, options.IsExplained(arguments));
            return decision.IsGranted ? ExitCodes.Done : ExitCodes.Bad;
        });
        return Example(
            command,
            "milswitch label check label.der --spif config/policies/alfa.xml",
            "milswitch label check label.xml --spif config/policies --explain --json",
            "milswitch label check label.der --spif config/policies --at 2027-01-01T00:00:00Z");
    }

    private Command MarkLabel()
    {
        var options = new LabelOptions(environment);
        var label = LabelOptions.Label("LABEL");
        var language = LabelOptions.Language();
        var where = LabelOptions.Format("--where", "Where it will stand", LabelForms.AllPlaces);
        where.DefaultValueFactory = _ => "display";
        var command = new Command("marking", "The marking of a label as its policy has it") { label, language, where };
        options.AddTo(command, options.Policies("The policy; of several the label's own", required: true));
        command.SetAction(arguments =>
        {
            var policies = options.ReadPolicies(arguments);
            var decoded = LabelSource.Read(environment, label.Name, arguments.GetRequiredValue(label), null, policies);
            var policy = policies.Find(decoded.Label.Policy) ?? throw new CommandFault(ExitCodes.Bad, $"the label is of policy {decoded.Label.Policy}, which --spif does not name");
            var marking = MarkingText.Generate(decoded.Label, policy, LabelForms.Place(arguments.GetRequiredValue(where)!), arguments.GetValue(language));
            if (options.IsJson(arguments)) WriteJson(new LabelMarkingView(marking, arguments.GetRequiredValue(where)!, arguments.GetValue(language)), LabelJson.Default.LabelMarkingView);
            else environment.Output.WriteLine(Text.Printable(marking));
            return ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch label marking label.der --spif config/policies/alfa.xml",
            "milswitch label marking label.der --spif config/policies/alfa.xml --lang fr --where first-line");
    }

    private Command TranslateLabel()
    {
        var options = new LabelOptions(environment);
        var label = LabelOptions.Label("LABEL");
        var from = new Option<string>("--from") { Description = "The label's policy: SPIF in XML or ASN.1", Required = true, HelpName = "P" };
        var to = new Option<string>("--to") { Description = "The policy to translate into", Required = true, HelpName = "P" };
        var form = LabelOptions.Format("--as", "Write the translated label in this form instead of telling about it", LabelForms.Writable);
        var language = LabelOptions.Language();
        var output = LabelOptions.File();
        var command = new Command("translate", "The label of another policy that is as good; exit 1 when there is none") { label, from, to, form, language, output };
        options.AddTo(command, null);
        options.AddExplain(command);
        command.SetAction(arguments =>
        {
            var source = PolicySource.ReadSingle(environment, "--from", arguments.GetRequiredValue(from));
            var target = PolicySource.ReadSingle(environment, "--to", arguments.GetRequiredValue(to));
            var policies = new PolicySet(source.Id == target.Id ? [source] : [source, target]);
            var decoded = LabelSource.Read(environment, label.Name, arguments.GetRequiredValue(label), null, new PolicySet([source]));
            var result = LabelTranslator.Translate(decoded.Label, source, target, TimeProvider.System.GetUtcNow());
            if (arguments.GetValue(form) is { } word && result is TranslationResult.Translated translated)
                WriteLabel(arguments, translated.Label, LabelForms.Form(word), policies, arguments.GetValue(language), arguments.GetValue(output));
            else if (options.IsJson(arguments)) WriteJson(LabelRendering.View(result, source, policies), LabelJson.Default.LabelTranslationView);
            else LabelRendering.Write(environment.Output, result, source, policies, options.IsExplained(arguments));
            return result is TranslationResult.Translated ? ExitCodes.Done : ExitCodes.Bad;
        });
        return Example(
            command,
            "milswitch label translate label.der --from config/policies/alfa.xml --to config/policies/coalition.xml --explain",
            "milswitch label translate label.der --from config/policies/alfa.xml --to config/policies/coalition.xml --as sio-label");
    }

    private Command PermitsLabel()
    {
        var options = new LabelOptions(environment);
        var label = LabelOptions.Label("LABEL");
        var clearance = new Option<string>("--clearance") { Description = "What somebody may see: JSON, X.501 in DER, XML, or a certificate that says it", Required = true, HelpName = "FILE" };
        var trust = new TrustOptions();
        var command = new Command("permits", "Whether a clearance permits a label; exit 1 when not") { label, clearance };
        options.AddTo(command, options.Policies("The policy; of several the label's own", required: true));
        options.AddExplain(command);
        trust.AddTo(command);
        command.SetAction(arguments =>
        {
            var policies = options.ReadPolicies(arguments);
            var decoded = LabelSource.Read(environment, label.Name, arguments.GetRequiredValue(label), null, policies);
            var policy = Governing(decoded.Label, policies);
            var held = ClearanceSource.Read(environment, "--clearance", arguments.GetRequiredValue(clearance), policies, policy, trust, arguments);
            var decision = held is null ? ClearanceSource.NoClearance : AccessControl.Decide(decoded.Label, held, policy, at: trust.ReadAt(arguments));
            if (options.IsJson(arguments))
                WriteJson(new LabelPermitsView(decision.IsGranted, LabelReport.Of(decoded.Label, policies), LabelRendering.Steps(decision.Steps, policy)), LabelJson.Default.LabelPermitsView);
            else LabelRendering.Write(environment.Output, decision.IsGranted ? "permitted" : "denied", decision, policy, options.IsExplained(arguments));
            return decision.IsGranted ? ExitCodes.Done : ExitCodes.Bad;
        });
        return Example(
            command,
            "milswitch label permits label.der --clearance link.json --spif config/policies/alfa.xml --explain",
            "milswitch label permits label.der --clearance officer.pem --anchors root.pem --spif config/policies --json");
    }

    private Command CheckPolicy()
    {
        var options = new LabelOptions(environment);
        var file = new Argument<string>("FILE") { Description = "The policy: SPIF in XML or ASN.1; '-' for standard input" };
        var signers = TrustOptions.Files("--signed-by", "The policy must have a good signature by a signer whom these anchors certify; in ASN.1 (X.841) the signer's own certificate must be among them");
        var command = new Command("policy", "Check a policy and sum it up; every problem as FILE:line: what is wrong; exit 1 when it is refused") { file, signers };
        options.AddTo(command, null);
        command.SetAction(arguments =>
        {
            var path = arguments.GetRequiredValue(file);
            var document = MessageFile.Read(environment, "FILE", path);
            SecurityPolicy? policy = null;
            string? signer = null;
            ImmutableArray<PolicyProblem> problems = [];
            try
            {
                if (arguments.GetValue(signers) is { Length: > 0 } anchors)
                {
                    var trust = new TrustMaterial(new CertificateSource(environment, null).ReadAll("--signed-by", anchors).SelectMany(c => c.Certificates));
                    var signed = SignedPolicyReader.Read(document, new PathOptions { Trust = trust, At = TimeProvider.System.GetUtcNow() });
                    (policy, signer) = (signed.Policy, signed.Signer.Subject.ToString());
                }
                else policy = PolicySource.ReadOne(document);
            }
            catch (PolicyRefusedException refused)
            {
                problems = refused.Problems;
            }

            if (options.IsJson(arguments)) WriteJson(LabelRendering.View(path, policy, problems, signer), LabelJson.Default.PolicyFileView);
            else if (policy is not null) LabelRendering.Write(environment.Output, policy, signer);
            else foreach (var problem in problems) environment.Output.WriteLine(Text.Printable(PolicySource.Problem(path, problem)));
            return policy is null ? ExitCodes.Bad : ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch label policy config/policies/alfa.xml",
            "milswitch label policy received.xml --signed-by policy-authority.pem --json");
    }

    // A label of a policy that is not there is answered by the one that is: it says so.
    private static SecurityPolicy Governing(SecurityLabel label, PolicySet policies) => policies.Find(label.Policy) ?? policies.All[0];

    private void WriteLabel(ParseResult arguments, SecurityLabel label, LabelForm form, PolicySet policies, string? language, string? file)
    {
        byte[] octets;
        try
        {
            var now = TimeProvider.System.GetUtcNow();
            octets = LabelWriter.Write(label, form, policies, now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond)), language);
        }
        catch (LabelRefusedException refused)
        {
            throw new CommandFault(ExitCodes.Bad, $"--as {form.Word()}: {refused.Message}");
        }

        try
        {
            using var stream = file is null or "-" ? environment.OpenOutput() : File.Create(file);
            stream.Write(octets);
        }
        catch (Exception fault) when (file is not null && fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandFault(ExitCodes.NotFound, $"-o: {file}: can't be written");
        }
    }

    private void WriteJson<T>(T view, JsonTypeInfo<T> type) => environment.Output.WriteLine(JsonSerializer.Serialize(view, type));
}
