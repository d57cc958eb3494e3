using System.CommandLine;
using System.Globalization;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>What those see who keep the watch.</summary>
public sealed partial class CommandLine
{
    private Command Overview() => Example(
        Remote("overview", "All nodes at a glance: what waits, and how long it may", async (node, arguments, cancellationToken) =>
            Show(arguments, await node.GetAsync("/overview", cancellationToken), ApiJson.Default.OverviewView, view => Rendering.Write(environment.Output, view))),
        "milswitch overview");

    private Command Structure()
    {
        var id = new Argument<string>("ID") { Description = "Of the message" };
        var command = Remote("structure", "MIME tree and layers of protection, and nothing of what it says", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync($"/messages/{Uri.EscapeDataString(arguments.GetRequiredValue(id))}/structure", cancellationToken), ApiJson.Default.InspectedView, view => Rendering.Write(environment.Output, view)));
        command.Arguments.Add(id);
        return Example(command, "milswitch message structure 0000G40000040");
    }

    private Command Content()
    {
        var id = new Argument<string>("ID") { Description = "Of the message" };
        var command = Remote("content", "Header and text, as far as they are not encrypted; audited as viewed", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync($"/messages/{Uri.EscapeDataString(arguments.GetRequiredValue(id))}/content", cancellationToken), ApiJson.Default.InspectedView, view => Rendering.Write(environment.Output, view)));
        command.Arguments.Add(id);
        return Example(command, "milswitch message content 0000G40000040");
    }

    private Command KeyFacts() => Example(
        Remote("list", "Certificates, revocation lists and tokens of a node, those that end first before the others", async (node, arguments, cancellationToken) =>
            Show(arguments, await node.GetAsync("/keys", cancellationToken), ApiJson.Default.KeyFactsView, view => Rendering.Write(environment.Output, view))),
        "milswitch cert list");

    private Command WatchLog()
    {
        var limit = new Option<int?>("--limit") { Description = "At most so many", HelpName = "N" };
        var behind = new Option<string?>("--after") { Description = "Go on behind this note", HelpName = "ID" };
        var list = Remote("list", "What the watch wrote down, newest first", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/watch-log?limit={arguments.GetValue(limit) ?? 20}{(arguments.GetValue(behind) is { } id ? "&after=" + Uri.EscapeDataString(id) : "")}"), cancellationToken),
            ApiJson.Default.PageWatchNoteView, page => Rendering.Write(environment.Output, page)));
        list.Options.Add(limit);
        list.Options.Add(behind);
        return new Command("watch-log", "What the watch writes down for the next one")
        {
            Example(list, "milswitch watch-log list --limit 10"),
            Example(Note("add", "Write a note", "note", isNeeded: true), "milswitch watch-log add 'line NORTH was down from 0310Z to 0342Z'"),
            Example(Note("hand-over", "Hand the watch over, with how everything stands", "handover", isNeeded: false), "milswitch watch-log hand-over 'quiet night'"),
            Example(Note("take-over", "Say that you have the watch", "takeover", isNeeded: false), "milswitch watch-log take-over"),
        };
    }

    private Command Note(string name, string description, string kind, bool isNeeded)
    {
        var text = new Argument<string>("TEXT") { Description = "What is to be remembered; - reads it from standard input", Arity = isNeeded ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne };
        var command = Remote(name, description, async (node, arguments, cancellationToken) =>
        {
            var words = arguments.GetValue(text) is "-" ? await environment.Input.ReadToEndAsync(cancellationToken) : arguments.GetValue(text) ?? "";
            return Show(
                arguments, await node.SendAsync(HttpMethod.Post, "/watch-log", new WatchNoteRequest(kind, words), ApiJson.Default.WatchNoteRequest, Conditions(arguments), cancellationToken),
                ApiJson.Default.WatchNoteView, note => Rendering.Write(environment.Output, new Page<WatchNoteView>([note], null)));
        });
        command.Arguments.Add(text);
        command.Options.Add(key);
        return command;
    }
}
