using System.CommandLine;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Certificates that came with mail.</summary>
public sealed partial class CommandLine
{
    private Command Harvest()
    {
        var domain = new Option<string?>("--domain") { Description = "Of this security domain", HelpName = "NAME" };
        var state = new Option<string?>("--state") { Description = "waiting, allowed or forbidden", HelpName = "STATE" };
        state.AcceptOnlyFromAmong("waiting", "allowed", "forbidden");
        var mailbox = new Option<string?>("--address") { Description = "With this in the address", HelpName = "TEXT" };
        var limit = new Option<int?>("--limit") { Description = "At most so many; 100 when absent", HelpName = "N" };
        var list = Remote("list", "Certificates that came with mail, the last one first", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.GetAsync("/harvest" + Query(
                ("domain", arguments.GetValue(domain)), ("state", arguments.GetValue(state)), ("address", arguments.GetValue(mailbox)),
                ("limit", arguments.GetValue(limit) is { } most ? Text.Number(most) : null)), cancellationToken),
            ApiJson.Default.PageHarvestedView, Write));
        foreach (var option in new Option[] { domain, state, mailbox, limit }) list.Options.Add(option);
        Example(list, "milswitch harvest list --state waiting");
        return new Command("harvest", "Certificates that came with signed mail: what is used for the answer")
        {
            list,
            Example(Judges("allow", "Use it for mail to its address, whoever issued it"), "milswitch harvest allow 5f3c…:bob@red.example --domain red --reason 'fingerprint read out by telephone'"),
            Example(Judges("forbid", "Never use it, and do not take it again"), "milswitch harvest forbid 5f3c…:bob@red.example --domain red --reason 'not his'"),
        };
    }

    private Command Judges(string verb, string description)
    {
        var id = new Argument<string>("ID") { Description = "As 'harvest list' tells it" };
        var domain = new Option<string>("--domain") { Description = "The security domain", Required = true, HelpName = "NAME" };
        var command = Remote(verb, description, async (node, arguments, cancellationToken) =>
        {
            var request = new HarvestRequest(arguments.GetRequiredValue(domain), OneId(arguments.GetRequiredValue(id)), arguments.GetRequiredValue(reason));
            var text = await node.SendAsync(HttpMethod.Post, "/harvest/" + verb, request, ApiJson.Default.HarvestRequest, Conditions(arguments), cancellationToken);
            return Show(arguments, text, ApiJson.Default.HarvestedView, view => environment.Output.WriteLine($"{view.Id}: {view.State}"));
        });
        command.Arguments.Add(id);
        command.Options.Add(domain);
        command.Options.Add(reason);
        command.Options.Add(key);
        return command;
    }

    private void Write(Page<HarvestedView> page) => Text.WriteTable(
        environment.Output, ["DOMAIN", "ADDRESS", "STATE", "ISSUER TRUSTED", "UNTIL", "SUBJECT", "ISSUER", "DECIDED BY", "ID"],
        page.Items.Select(v => (string[])[v.Domain, Text.Printable(v.Address), v.State, v.IssuerTrusted ? "yes" : "no", Text.Time(v.NotAfter), Text.Printable(v.Subject), Text.Printable(v.Issuer), v.DecidedBy ?? "", v.Id]));
}
