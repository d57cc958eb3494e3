using System.CommandLine;
using System.Globalization;
using MilSwitch.Domain.Operations;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Versions of the settings, and trials of others.</summary>
public sealed partial class CommandLine
{
    private Command ConfigVersions()
    {
        var command = Remote("versions", "What was in force on which node, since when and by whose word, the newest first", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/config/versions", cancellationToken), ApiJson.Default.PageSettingsVersionView,
            page => Text.WriteTable(
                environment.Output, ["ID", "SINCE", "BY", "WHY", "FILES", "DIGEST"],
                page.Items.Select(v => (string[])[v.Id, Text.Time(v.At), Text.Printable(v.By ?? ""), Text.Printable(v.Reason ?? ""), Text.Number(v.Files.Count), v.Digest[..12]]))));
        return Example(command, "milswitch config versions");
    }

    private Command ConfigDiff()
    {
        var from = new Argument<string>("FROM") { Description = "Id of the earlier version, as 'config versions' tells it" };
        var to = new Argument<string>("TO") { Description = "Id of the later version" };
        var command = Remote("diff", "What differs between two versions, line by line, without secrets; exit 1 when something does", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/config/difference" + Query(("from", arguments.GetRequiredValue(from)), ("to", arguments.GetRequiredValue(to))), cancellationToken);
            Show(arguments, text, ApiJson.Default.SettingsDifferenceView, view =>
            {
                foreach (var file in view.Files)
                {
                    environment.Output.WriteLine(Text.Printable($"{file.Change} {file.Name}"));
                    foreach (var line in file.Lines) environment.Output.WriteLine(Text.Printable(line));
                    if (file.Cut) environment.Output.WriteLine("(more)");
                    else if (file.Lines.Count is 0) environment.Output.WriteLine("(no text is kept, or secrets and comments alone differ)");
                }
            });
            return Read(text, ApiJson.Default.SettingsDifferenceView).Files.Count is 0 ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Arguments.Add(from);
        command.Arguments.Add(to);
        return Example(command, "milswitch config diff n1-000004 n1-000005");
    }

    private Command ConfigTry()
    {
        var days = new Option<int>("--days") { Description = "Of traffic, 1 to 7", DefaultValueFactory = _ => ISettingsTrial.MostDays, HelpName = "DAYS" };
        var messages = new Option<int>("--messages") { Description = "The newest so many, 1 to 5000", DefaultValueFactory = _ => SettingsEndpoints.UsualMessages, HelpName = "NUMBER" };
        var plan = new Option<string?>("--plan") { Description = "A plan of the profiler to try", HelpName = "PLAN" };
        var command = Remote("try", "What the node's file, as it is now, would have made of the messages of the last days; exit 1 when something would differ", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync(
                "/config/trial" + Query(
                    ("days", arguments.GetValue(days).ToString(CultureInfo.InvariantCulture)), ("messages", arguments.GetValue(messages).ToString(CultureInfo.InvariantCulture)), ("plan", arguments.GetValue(plan))),
                cancellationToken);
            Show(arguments, text, ApiJson.Default.SettingsTrialView, view =>
            {
                Text.WriteFields(
                    environment.Output, ("Messages", $"{Text.Number(view.Messages)} since {Text.Time(view.From)}{(view.Cut ? ", and more that were not looked at" : "")}"), ("Copies", Text.Number(view.Copies)),
                    ("Profiled", $"{Text.Number(view.Profiled)}{(view.Gone > 0 ? $", {Text.Number(view.Gone)} more are not kept" : "")}"), ("Different", Text.Number(view.Different)));
                environment.Output.WriteLine();
                Text.WriteTable(environment.Output, ["WAY", "BEFORE", "AFTER"], view.Ways.Select(w => (string[])[Text.Printable(w.Way), Text.Number(w.Before), Text.Number(w.After)]));
                foreach (var difference in view.Differences)
                {
                    environment.Output.WriteLine(Text.Printable($"{difference.Id} {difference.Recipient}"));
                    environment.Output.WriteLine(Text.Printable("  - " + difference.Before));
                    environment.Output.WriteLine(Text.Printable("  + " + difference.After));
                }
            });
            return Read(text, ApiJson.Default.SettingsTrialView).Different is 0 ? ExitCodes.Done : ExitCodes.Bad;
        });
        foreach (var option in new Option[] { days, messages, plan }) command.Options.Add(option);
        return Example(command, "milswitch config try", "milswitch config try --days 1 --plan war");
    }
}
