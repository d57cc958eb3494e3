using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Host.Running;

namespace MilSwitch.Host.Commands;

/// <summary>What stands, and what happens.</summary>
public sealed partial class CommandLine
{
    private Command Version() => Example(
        Remote("version", "Name and version of the program that the node runs", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/version", cancellationToken), ApiJson.Default.VersionView,
            view => environment.Output.WriteLine($"{view.Program} {view.Version}, API {view.Api}"))),
        "milswitch version");

    private Command Events()
    {
        var topics = new Option<string?>("--topics") { Description = "Only these, separated by commas: message, link, rule, alarm, configuration", HelpName = "LIST" };
        var after = new Option<string?>("--after") { Description = "Go on behind this event; nothing is missed, or stream.gap says so", HelpName = "ID" };
        var count = new Option<int?>("--count") { Description = "End after so many events; else Ctrl-C ends", HelpName = "N" };
        var command = Remote("events", "What happens, as it happens, one line each; --json: one JSON object a line", async (node, arguments, cancellationToken) =>
        {
            using var input = await node.OpenAsync("/events" + Query(("topics", arguments.GetValue(topics))), (EventStream.LastEventId, arguments.GetValue(after)), cancellationToken);
            var reader = new EventReader(input);
            var left = arguments.GetValue(count) ?? long.MaxValue;
            while (left > 0)
            {
                if (await node.UnlessBrokenAsync(() => reader.ReadAsync(cancellationToken)) is not { } next)
                    throw new CommandFault(ExitCodes.Unreachable, $"the node ended the stream; go on with --after {reader.LastId}");
                if (next.Type == EventStream.Opened)
                {
                    environment.Error.WriteLine($"watching from {reader.LastId}");
                    continue;
                }

                if (next.Type == EventStream.Gap) environment.Error.WriteLine("milswitch: events are missing here; read anew what matters");
                else Write(arguments, next.Data, reader.LastId);
                left--;
            }

            return ExitCodes.Done;
        });
        foreach (var option in new Option[] { topics, after, count }) command.Options.Add(option);
        return Example(command, "milswitch events", "milswitch events --topics link,alarm --json");

        void Write(ParseResult arguments, string data, string? id)
        {
            if (arguments.GetValue(json))
            {
                environment.Output.WriteLine(data);
            }
            else
            {
                var e = JsonSerializer.Deserialize(data, EventJson.Default.EventView) ?? throw new JsonException();
                string?[] parts =
                [
                    e.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), id, e.Type, e.Message,
                    e.Recipient is { } to ? "to " + Text.Number(to) : null, e.Precedence, e.Subject, e.Actor is { } who ? "by " + who : null, e.Detail,
                ];
                environment.Output.WriteLine(Text.Printable(string.Join("  ", parts.Where(p => !string.IsNullOrEmpty(p)))));
            }

            environment.Output.Flush();
        }
    }
}
