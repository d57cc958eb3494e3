using System.CommandLine;
using System.Text.Json;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Standing orders.</summary>
public sealed partial class CommandLine
{
    private readonly Option<string> scope = new("--scope")
    {
        Description = "node, link:NAME, domain:NAME, sender:ADDRESS or recipient:ADDRESS", Required = true, HelpName = "SCOPE",
    };

    private readonly Option<string?> duration = new("--for") { Description = "Ends by itself after this time, such as 2h", HelpName = "TIME" };
    private readonly Option<string?> otherLink = new("--to-link") { Description = "For reroute: the link to use instead", HelpName = "NAME" };
    private readonly Option<bool> refuse = new("--refuse-at-entry") { Description = "Also refuse lower mail from clients (X.7.15) instead of queueing it" };

    private readonly Option<bool> ruleDryRun = new("--dry-run") { Description = "Only say what would happen, and to how many queued messages" };

    private Command Rule()
    {
        var kind = new Argument<string>("KIND") { Description = "suspend: nothing that matches is sent; return: it goes back; reroute: it takes another link" };
        kind.AcceptOnlyFromAmong("suspend", "return", "reroute");
        RuleRequest Order(ParseResult arguments) => new(
            arguments.GetRequiredValue(kind), arguments.GetRequiredValue(scope), null, false, arguments.GetValue(otherLink), arguments.GetRequiredValue(reason),
            arguments.GetValue(duration), null, arguments.GetValue(ruleDryRun));
        Option[] options = [scope, otherLink, duration, reason, ruleDryRun];
        var add = AddRule("add", "Give a standing order; prints its id", Order, [kind], options);
        var replace = ReplaceRule("replace", "Put another standing order in the place of one, in one step", Order, [kind], options);
        var id = new Argument<string>("ID") { Description = "Of the order" };
        var show = Remote("show", "One standing order", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/rules/" + Uri.EscapeDataString(OneId(arguments.GetRequiredValue(id))), cancellationToken), ApiJson.Default.RuleView,
            rule => Rendering.Write(environment.Output, rule)));
        show.Arguments.Add(id);
        return new Command("rule", "Standing orders")
        {
            ListRules("list", "Every standing order", _ => true, "milswitch rule list"),
            Example(show, "milswitch rule show 4f1c09aa"),
            Example(add, "milswitch rule add suspend --scope domain:example.net --for 2h --reason 'their store is full'", "milswitch rule add reroute --scope link:north --to-link south --reason 'cable fault'"),
            Example(replace, "milswitch rule replace 4f1c09aa suspend --scope domain:example.net --for 8h --reason 'their store is still full'"),
            RemoveRule("remove", "End standing orders", "milswitch rule remove 4f1c09aa --reason 'line is back'"),
        };
    }

    private Command Minimize()
    {
        var level = new Option<string>("--level") { Description = "The lowest level that still moves", Required = true, HelpName = "LEVEL" };
        level.AcceptOnlyFromAmong("deferred", "routine", "priority", "immediate", "flash", "override");
        RuleRequest Order(ParseResult arguments) => new(
            "minimize", arguments.GetRequiredValue(scope), arguments.GetRequiredValue(level), arguments.GetValue(refuse), null, arguments.GetRequiredValue(reason),
            arguments.GetValue(duration), null, arguments.GetValue(ruleDryRun));
        Option[] options = [scope, level, refuse, duration, reason, ruleDryRun];
        var set = AddRule("set", "Impose MINIMIZE: lower mail waits; prints its id", Order, [], options);
        var replace = ReplaceRule("replace", "Change a MINIMIZE with no moment without one", Order, [], options);
        return new Command("minimize", "MINIMIZE: only urgent mail moves")
        {
            Example(set, "milswitch minimize set --scope node --level immediate --for 4h --reason 'exercise NORTH'"),
            Example(replace, "milswitch minimize replace 4f1c09aa --scope node --level immediate --for 8h --reason 'exercise NORTH goes on'"),
            ListRules("list", "Every MINIMIZE in force", r => r.Kind == "minimize", "milswitch minimize list"),
            RemoveRule("cancel", "End MINIMIZE", "milswitch minimize cancel 4f1c09aa --reason 'exercise is over'"),
        };
    }

    private Command AddRule(string name, string description, Func<ParseResult, RuleRequest> order, Argument[] arguments, Option[] options)
    {
        var command = Remote(name, description, async (node, parsed, cancellationToken) => Show(
            parsed, await node.SendAsync(HttpMethod.Post, "/rules", order(parsed), ApiJson.Default.RuleRequest, Conditions(parsed), cancellationToken),
            ApiJson.Default.RuleView, Ordered));
        foreach (var argument in arguments) command.Arguments.Add(argument);
        foreach (var option in options) command.Options.Add(option);
        command.Options.Add(key);
        return command;
    }

    private Command ReplaceRule(string name, string description, Func<ParseResult, RuleRequest> order, Argument[] arguments, Option[] options)
    {
        var id = new Argument<string>("ID") { Description = "Of the order" };
        var command = Remote(name, description, async (node, parsed, cancellationToken) => Show(
            parsed,
            await node.SendAsync(HttpMethod.Put, "/rules/" + Uri.EscapeDataString(OneId(parsed.GetRequiredValue(id))), order(parsed), ApiJson.Default.RuleRequest, Conditions(parsed), cancellationToken),
            ApiJson.Default.RuleView, Ordered));
        command.Arguments.Add(id);
        foreach (var argument in arguments) command.Arguments.Add(argument);
        foreach (var option in options) command.Options.Add(option);
        command.Options.Add(tag);
        return command;
    }

    private Command ListRules(string name, string description, Func<RuleView, bool> chosen, string example) => Example(
        Remote(name, description, async (node, arguments, cancellationToken) =>
        {
            var all = Read(await node.GetAsync("/rules", cancellationToken), ApiJson.Default.PageRuleView);
            var page = new Page<RuleView>([.. all.Items.Where(chosen)], all.Next);
            return Show(arguments, JsonSerializer.Serialize(page, ApiJson.Default.PageRuleView), ApiJson.Default.PageRuleView, view => Rendering.Write(environment.Output, view));
        }),
        example);

    private Command RemoveRule(string name, string description, string example)
    {
        var ids = new Argument<string[]>("ID") { Description = "Of the orders; '-' reads them from standard input, one a line", Arity = ArgumentArity.ZeroOrMore };
        var command = Remote(name, description, async (node, arguments, cancellationToken) =>
        {
            var query = Query(("reason", arguments.GetRequiredValue(reason)));
            var conditions = Conditions(arguments);
            var named = ReadIds(arguments.GetValue(ids));
            if (arguments.GetValue(ruleDryRun)) return await TryRemovalAsync(node, named, query, conditions, arguments, cancellationToken);
            foreach (var id in named) await node.SendAsync(HttpMethod.Delete, $"/rules/{Uri.EscapeDataString(id)}{query}", conditions, cancellationToken);
            if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(new Page<string>(named, null), ApiJson.Default.PageString));
            return ExitCodes.Done;
        });
        command.Arguments.Add(ids);
        command.Options.Add(reason);
        command.Options.Add(ruleDryRun);
        command.Options.Add(tag);
        return Example(command, example);
    }

    private async Task<int> TryRemovalAsync(
        NodeClient node, List<string> ids, string query, RequestConditions conditions, ParseResult arguments, CancellationToken cancellationToken)
    {
        var found = new List<RuleView>();
        foreach (var id in ids)
            found.Add(Read(await node.SendAsync(HttpMethod.Delete, $"/rules/{Uri.EscapeDataString(id)}{query}&dryRun=true", conditions, cancellationToken), ApiJson.Default.RuleView));
        var page = new Page<RuleView>(found, null);
        if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(page, ApiJson.Default.PageRuleView));
        else found.ForEach(Ordered);
        return ExitCodes.Done;
    }

    // The id is what a script goes on with; of a dry run there is nothing to go on with.
    private void Ordered(RuleView rule)
    {
        if (rule.DryRun is null) environment.Output.WriteLine(rule.Id);
        else Rendering.Write(environment.Output, rule);
    }
}
