using System.CommandLine;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Mailing lists of a running node.</summary>
public sealed partial class CommandLine
{
    private Command MailingLists()
    {
        var all = Remote("all", "The mailing lists", async (node, arguments, cancellationToken) =>
        {
            Show(arguments, await node.GetAsync("/lists", cancellationToken), ApiJson.Default.PageListView, page => Text.WriteTable(
                environment.Output, ["ADDRESS", "OWNER", "MEMBERS", "VERSION"],
                page.Items.Select(l => new[] { l.Address, l.Owner ?? "-", l.Count is { } count ? Text.Number(count) : "in a directory", l.Version ?? "-" })));
            return ExitCodes.Done;
        });
        var address = new Argument<string>("ADDRESS") { Description = "What people write to" };
        var one = Remote("show", "A mailing list and who its members are now; exit 1 when the directory that knows them is away", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/lists/" + Uri.EscapeDataString(arguments.GetRequiredValue(address)), cancellationToken);
            Show(arguments, text, ApiJson.Default.ListView, Write);
            return Read(text, ApiJson.Default.ListView) is { Fault: null } ? ExitCodes.Done : ExitCodes.Bad;
        });
        one.Arguments.Add(address);
        return new Command("list", "Mailing lists and groups") { Example(all, "milswitch list all"), Example(one, "milswitch list show watch@hq.example") };
    }

    private void Write(ListView list)
    {
        Text.WriteFields(
            environment.Output, ("address", list.Address), ("domain", list.Domain), ("owner", list.Owner), ("members", list.Count is { } count ? Text.Number(count) : "not known now"), ("version", list.Version),
            ("directory asked", list.AskedAt is { } at ? Text.Time(at) : null), ("no addresses", list.Unusable > 0 ? Text.Number(list.Unusable) + " values of the directory" : null), ("fault", list.Fault));
        foreach (var member in list.Members ?? []) environment.Output.WriteLine(Text.Printable(member));
    }
}
