using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Who may come in, and who is in.</summary>
public sealed partial class CommandLine
{
    private readonly Option<string[]> role = new("--role")
    {
        Description = "What the person is; may be given several times: viewer, watch-keeper, supervisor, security-officer, administrator, auditor", Required = true, HelpName = "ROLE",
        Arity = ArgumentArity.OneOrMore,
    };

    private Command WhoAmI() => Example(
        Remote("whoami", "Who you are to the node, and what you may do", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/me", cancellationToken), ApiJson.Default.PersonView,
            view => environment.Output.WriteLine($"{Text.Printable(view.Name)} ({Text.Printable(view.Via)})\nroles:  {string.Join(", ", view.Roles)}\nrights: {string.Join(", ", view.Rights)}"))),
        "milswitch whoami");

    private Command Account()
    {
        role.AcceptOnlyFromAmong([.. OperatorRoleNames.All.Select(r => r.Word)]);
        var list = Remote("list", "Local accounts", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/accounts", cancellationToken), ApiJson.Default.PageAccountView, Write));
        var name = Name();
        var add = Remote("add", "Make an account; its password is the first line of standard input", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.SendAsync(
                HttpMethod.Post, "/accounts", new AccountRequest(arguments.GetRequiredValue(name), arguments.GetRequiredValue(role), ReadPassword(), arguments.GetRequiredValue(reason)),
                ApiJson.Default.AccountRequest, Conditions(arguments), cancellationToken),
            ApiJson.Default.AccountView, view => Write(new Page<AccountView>([view], null))));
        add.Arguments.Add(name);
        foreach (var option in new Option[] { role, reason, key }) add.Options.Add(option);
        var roles = OfAccount("roles", "Say what a person is", "roles", a => new RolesRequest(a.GetRequiredValue(role), a.GetRequiredValue(reason)), ApiJson.Default.RolesRequest);
        roles.Options.Add(role);
        return new Command("account", "Local accounts of persons")
        {
            Example(list, "milswitch account list"),
            Example(add, "milswitch account add anna --role watch-keeper --role supervisor --reason 'first watch' < password"),
            Example(roles, "milswitch account roles anna --role viewer --reason 'left the watch'"),
            Example(
                OfAccount("password", "Set a password, the first line of standard input; sessions of the account end", "password", a => new PasswordRequest(ReadPassword(), a.GetRequiredValue(reason)), ApiJson.Default.PasswordRequest),
                "milswitch account password anna --reason 'forgotten' < password"),
            Example(OfAccount("lock", "Nobody signs in with it, and its sessions end", "lock", a => new ReasonRequest(a.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest), "milswitch account lock anna --reason 'on leave'"),
            Example(OfAccount("unlock", "It can be signed in with again, after wrong passwords too", "unlock", a => new ReasonRequest(a.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest), "milswitch account unlock anna --reason 'is back'"),
            Example(OfAccount("remove", "Remove an account, with its sessions", "remove", a => new ReasonRequest(a.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest), "milswitch account remove anna --reason 'posted elsewhere'"),
        };
    }

    private Command Session()
    {
        var list = Remote("list", "Sessions of browsers, the newest first; who manages no accounts sees their own", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/sessions", cancellationToken), ApiJson.Default.PageSessionView,
            page => Text.WriteTable(
                environment.Output, ["NAME", "ROLES", "WAY", "FROM", "SINCE", "LAST SEEN", "ID"],
                page.Items.Select(v => (string[])[v.Name, string.Join(',', v.Roles), v.Way, v.Address, Text.Time(v.Since), Text.Time(v.LastSeen), v.Id]))));
        var id = new Argument<string>("ID") { Description = "As 'session list' tells it" };
        var end = Remote("end", "End a session", async (node, arguments, cancellationToken) =>
        {
            await node.SendAsync(
                HttpMethod.Post, $"/sessions/{Uri.EscapeDataString(OneId(arguments.GetRequiredValue(id)))}/end", new ReasonRequest(arguments.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest, Conditions(arguments), cancellationToken);
            return ExitCodes.Done;
        });
        end.Arguments.Add(id);
        foreach (var option in new Option[] { reason, key }) end.Options.Add(option);
        return new Command("session", "Sessions of browsers")
        {
            Example(list, "milswitch session list"),
            Example(end, "milswitch session end 5d41402abc4b2a76b9719d911017c592ae0c2c1f7e5b3f2b5bdfd1a1b7c8e9f0 --reason 'left the console open'"),
        };
    }

    private Command Proposal()
    {
        var list = Remote("list", "What needs two persons: open ones and those of the last days, the newest first", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/proposals", cancellationToken), ApiJson.Default.PageProposalView,
            page => Text.WriteTable(
                environment.Output, ["ID", "STATE", "UNTIL", "BY", "WHAT", "WHY", "DECIDED BY", "OUTCOME"],
                page.Items.Select(v => (string[])
                    [v.Id, v.State, Text.Time(v.Expires), Text.Printable(v.Author), Text.Printable(v.Text), Text.Printable(v.Reason), Text.Printable(v.DecidedBy ?? ""), Text.Printable(v.Outcome ?? "")]))));
        return new Command("proposal", "What one person wants done and another has to approve")
        {
            Example(list, "milswitch proposal list"),
            Example(DecidesProposal("approve", "Have done what another person proposed"), "milswitch proposal approve 1a2b3c4d5e6f --reason 'seen and agreed'"),
            Example(DecidesProposal("reject", "Have it not done"), "milswitch proposal reject 1a2b3c4d5e6f --reason 'line is back'"),
        };
    }

    private Command DecidesProposal(string verb, string description)
    {
        var id = new Argument<string>("ID") { Description = "As 'proposal list' tells it" };
        var command = Remote(verb, description, async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.SendAsync(
                HttpMethod.Post, $"/proposals/{Uri.EscapeDataString(arguments.GetRequiredValue(id))}/{verb}", new ReasonRequest(arguments.GetRequiredValue(reason)), ApiJson.Default.ReasonRequest, Conditions(arguments), cancellationToken),
            ApiJson.Default.ProposalView, view => environment.Output.WriteLine($"{view.Id}: {view.State}{(view.Outcome is { } outcome ? $": {Text.Printable(outcome)}" : "")}")));
        command.Arguments.Add(id);
        foreach (var option in new Option[] { reason, key }) command.Options.Add(option);
        return command;
    }

    private Command OfAccount<T>(string verb, string description, string path, Func<ParseResult, T> request, JsonTypeInfo<T> type)
    {
        var name = Name();
        var command = Remote(verb, description, async (node, arguments, cancellationToken) =>
        {
            var text = await node.SendAsync(
                HttpMethod.Post, $"/accounts/{Uri.EscapeDataString(arguments.GetRequiredValue(name))}/{path}", request(arguments), type, Conditions(arguments), cancellationToken);
            if (text.Length > 0) Show(arguments, text, ApiJson.Default.AccountView, view => Write(new Page<AccountView>([view], null)));
            return ExitCodes.Done;
        });
        command.Arguments.Add(name);
        foreach (var option in new Option[] { reason, key }) command.Options.Add(option);
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "Of the account" };

    private string ReadPassword()
    {
        if (environment.IsInputTerminal) environment.Error.Write("Password (it is shown while you type): ");
        return environment.Input.ReadLine() is { Length: > 0 } password ? password : throw new CommandFault(ExitCodes.NotFound, "standard input holds no password");
    }

    private void Write(Page<AccountView> page) => Text.WriteTable(
        environment.Output, ["NAME", "ROLES", "STATE", "SIGNED IN", "PASSWORD SET", "MADE BY"],
        page.Items.Select(v => (string[])
            [v.Name, string.Join(',', v.Roles), v.Locked ? "locked" : v.BarredUntil is { } until ? $"barred until {Text.Time(until)}" : "open", v.SignedIn is { } at ? Text.Time(at) : "", Text.Time(v.PasswordSet), Text.Printable(v.CreatedBy)]));
}
