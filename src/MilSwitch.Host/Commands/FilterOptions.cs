using System.CommandLine;
using System.Globalization;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>The options that choose messages by what they are.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string?> link = new("--link") { Description = "That wait for this link", HelpName = "NAME" };
    private readonly Option<string?> precedence = new("--precedence") { Description = "Of this level", HelpName = "LEVEL" };
    private readonly Option<string?> sender = new("--sender") { Description = "With this in the reverse path", HelpName = "TEXT" };
    private readonly Option<string?> recipient = new("--recipient") { Description = "With this in a recipient's address", HelpName = "TEXT" };
    private readonly Option<string?> state = new("--state") { Description = "queued, held or binned", HelpName = "STATE" };
    private readonly Option<string?> olderThan = new("--older-than") { Description = "Accepted longer ago than this, such as 2h", HelpName = "TIME" };
    private readonly Option<int?> limit = new("--limit") { Description = "At most so many", HelpName = "N" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { link, precedence, sender, recipient, state, olderThan, limit }) command.Options.Add(option);
    }

    /// <summary>Null when no option was given: a limit alone chooses nothing.</summary>
    public FilterView? ToView(ParseResult arguments)
    {
        var view = new FilterView(
            arguments.GetValue(link), arguments.GetValue(precedence), arguments.GetValue(sender), arguments.GetValue(recipient), arguments.GetValue(state),
            arguments.GetValue(olderThan), arguments.GetValue(limit));
        return view with { Limit = null } == new FilterView() ? null : view;
    }

    public string ToQuery(ParseResult arguments, params ReadOnlySpan<(string Name, string? Value)> further) => CommandLine.Query(
    [
        ("link", arguments.GetValue(link)), ("precedence", arguments.GetValue(precedence)), ("sender", arguments.GetValue(sender)),
        ("recipient", arguments.GetValue(recipient)), ("state", arguments.GetValue(state)), ("olderThan", arguments.GetValue(olderThan)),
        ("limit", arguments.GetValue(limit)?.ToString(CultureInfo.InvariantCulture)), .. further,
    ]);
}
