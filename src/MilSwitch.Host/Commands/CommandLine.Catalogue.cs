using System.CommandLine;
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
}
