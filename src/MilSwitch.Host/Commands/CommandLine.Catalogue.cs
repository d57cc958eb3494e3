using System.CommandLine;
using MilSwitch.Domain.Labelling;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

public sealed partial class CommandLine
{
    private Command Catalogue()
    {
        var from = new Option<string>("--from") { Description = "Who would send", Required = true, HelpName = "ADDRESS" };
        var to = new Option<string[]>("--to") { Description = "To whom; may be repeated", Required = true, HelpName = "ADDRESS" };
        var policy = new Option<string>("--policy") { Description = "Name or object identifier of the policy; without, the one that the node's configuration means", HelpName = "POLICY" };
        var list = Remote("catalogue", "The labels that a sender may use towards recipients; exit 1 when there is none", async (node, arguments, cancellationToken) =>
        {
            var answer = await node.GetAsync(
                "/labels/catalogue" + Query(("from", arguments.GetRequiredValue(from)), ("to", string.Join(',', arguments.GetRequiredValue(to))), ("policy", arguments.GetValue(policy))), cancellationToken);
            Show(arguments, answer, ApiJson.Default.LabelCatalogueView, view => Rendering.Write(environment.Output, view));
            return Read(answer, ApiJson.Default.LabelCatalogueView).Items.Count > 0 ? ExitCodes.Done : ExitCodes.Bad;
        });
        list.Options.Add(from);
        list.Options.Add(to);
        list.Options.Add(policy);
        Example(list, "milswitch label catalogue --from ops@alfa.example --to duty@bravo.example --to log@bravo.example");
        return list;
    }

    private Command LoadedPolicies() => Example(
        Remote("policies", "The security policies that a node has loaded", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/labels/policies", cancellationToken), ApiJson.Default.PagePolicyFact, page => Text.WriteTable(
                environment.Output, ["NAME", "VERSION", "POLICY", "CLASSIFICATIONS"], page.Items.Select(p => (IReadOnlyList<string>)[p.Name, p.Version, p.Id, string.Join(", ", p.Classifications)])))),
        "milswitch label policies");

    private Command TryLabel()
    {
        var text = new Argument<string>("LABEL") { Description = "In any form that a text can have" };
        var to = new Option<string?>("--to") { Description = "Name or object identifier of the other policy", HelpName = "POLICY" };
        var command = Remote("try", "What a label is under the policies of a node, and what it would be under another; exit 1 when it has no equivalent", async (node, arguments, cancellationToken) =>
        {
            var answer = await node.GetAsync("/labels/trial" + Query(("label", arguments.GetRequiredValue(text)), ("to", arguments.GetValue(to))), cancellationToken);
            Show(arguments, answer, ApiJson.Default.LabelTrial, trial =>
            {
                environment.Output.WriteLine(Text.Printable(trial.Label.Text));
                if (trial.Translated is { } translated) environment.Output.WriteLine("becomes " + Text.Printable(translated.Text));
                foreach (var reason in trial.Reasons) environment.Output.WriteLine("no equivalent: " + Text.Printable(reason));
                foreach (var left in trial.Discarded) environment.Output.WriteLine("leaves behind " + Text.Printable(left));
            });
            return Read(answer, ApiJson.Default.LabelTrial).Reasons.IsEmpty ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Arguments.Add(text);
        command.Options.Add(to);
        return Example(command, "milswitch label try MQgCAQMGAyoDBA==", "milswitch label try 'ALFA SECRET' --to coalition");
    }
}
