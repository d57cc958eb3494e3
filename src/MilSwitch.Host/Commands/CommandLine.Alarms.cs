using System.CommandLine;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Alarms.</summary>
public sealed partial class CommandLine
{
    private readonly Option<string?> alarmNode = new("--on") { Description = "On this node only", HelpName = "NODE" };
    private readonly Option<bool> alarmSimilar = new("--similar") { Description = "All alarms of its kind" };

    private Command Alarm() => new("alarm", "What somebody should look at")
    {
        ListAlarms(), AcknowledgeAlarm(), ShelveAlarm(), UnshelveAlarm(), AlarmHistory(), TestNotifier(),
    };

    private Command ListAlarms()
    {
        var show = new Option<string?>("--show") { Description = "standing (when absent), open: also what returned and nobody has seen, shelved, all", HelpName = "WHICH" };
        var command = Remote("list", "What somebody should look at on any node, oldest first; exit 1 when there is something", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/alarms" + Query(("show", arguments.GetValue(show))), cancellationToken);
            Show(arguments, text, ApiJson.Default.PageAlarmView, page => Rendering.Write(environment.Output, page));
            return Read(text, ApiJson.Default.PageAlarmView).Items.Count is 0 ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Options.Add(show);
        return Example(command, "milswitch alarm list", "milswitch alarm list --show open");
    }

    private Command AcknowledgeAlarm()
    {
        var note = new Option<string?>("--note") { Description = "For the others", HelpName = "TEXT" };
        return Example(
            OnAlarm("ack", "Say that somebody has seen it", "acknowledge", (a, node, similar) => new AcknowledgeAlarmRequest(a.GetValue(note), node, similar), ApiJson.Default.AcknowledgeAlarmRequest, note),
            "milswitch alarm ack link:north --note 'called the provider'", "milswitch alarm ack link:north --similar");
    }

    private Command ShelveAlarm()
    {
        var time = new Option<string>("--for") { Description = "How long, such as 2h; 24h at most", Required = true, HelpName = "TIME" };
        return Example(
            OnAlarm("shelve", "Put it aside for a time; it comes back by itself", "shelve", (a, node, similar) => new ShelveAlarmRequest(a.GetRequiredValue(reason), a.GetRequiredValue(time), node, similar), ApiJson.Default.ShelveAlarmRequest, time, reason),
            "milswitch alarm shelve link:north --for 4h --reason 'cable works until 0600Z'");
    }

    private Command UnshelveAlarm() => Example(
        OnAlarm("unshelve", "Take it back before its time", "unshelve", (a, node, similar) => new UnshelveAlarmRequest(a.GetRequiredValue(reason), node, similar), ApiJson.Default.UnshelveAlarmRequest, reason),
        "milswitch alarm unshelve link:north --reason 'works are over'");

    private Command AlarmHistory()
    {
        var id = new Argument<string?>("ALARM") { Description = "Of this one only", Arity = ArgumentArity.ZeroOrOne };
        var limit = new Option<int?>("--limit") { Description = "At most so many; 100 when absent", HelpName = "N" };
        var command = Remote("history", "What happened to alarms of late, newest first", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/alarms/history" + Query(("id", arguments.GetValue(id)), ("limit", arguments.GetValue(limit) is { } most ? Text.Number(most) : null)), cancellationToken),
            ApiJson.Default.PageAlarmHappeningView, page => Rendering.Write(environment.Output, page)));
        command.Arguments.Add(id);
        command.Options.Add(limit);
        return Example(command, "milswitch alarm history", "milswitch alarm history link:north");
    }

    private Command TestNotifier()
    {
        var notifier = new Argument<string>("NOTIFIER") { Description = "A name of alarms.notifiers" };
        var command = Remote("test", "Have a notifier tell that nothing is the matter; exit 1 when it can't", async (node, arguments, cancellationToken) =>
        {
            var text = await node.SendAsync(
                HttpMethod.Post, "/alarms/test", new TestNotifierRequest(arguments.GetRequiredValue(notifier), arguments.GetRequiredValue(reason)), ApiJson.Default.TestNotifierRequest, Conditions(arguments), cancellationToken);
            Show(arguments, text, ApiJson.Default.TestedNotifierView, view => environment.Output.WriteLine(view.Told ? $"{view.Notifier} told" : $"{view.Notifier}: {Text.Printable(view.Fault ?? "")}"));
            return Read(text, ApiJson.Default.TestedNotifierView).Told ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Arguments.Add(notifier);
        command.Options.Add(reason);
        command.Options.Add(key);
        return Example(command, "milswitch alarm test pager --reason 'new pager'");
    }

    private Command OnAlarm<T>(string name, string description, string act, Func<ParseResult, string?, bool, T> request, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, params Option[] options)
    {
        var id = new Argument<string>("ALARM") { Description = "Its id, as in the list" };
        var command = Remote(name, description, async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.SendAsync(
                HttpMethod.Post, $"/alarms/{Uri.EscapeDataString(arguments.GetRequiredValue(id))}/{act}", request(arguments, arguments.GetValue(alarmNode), arguments.GetValue(alarmSimilar)), type,
                Conditions(arguments), cancellationToken),
            ApiJson.Default.PageAlarmView, page => Rendering.Write(environment.Output, page)));
        command.Arguments.Add(id);
        foreach (var option in (Option[])[.. options, alarmNode, alarmSimilar, key]) command.Options.Add(option);
        return command;
    }
}
