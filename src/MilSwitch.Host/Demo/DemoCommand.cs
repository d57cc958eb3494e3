using System.CommandLine;
using System.Net;
using MailKit;
using MilSwitch.Domain.Precedences;

namespace MilSwitch.Host.Demo;

/// <summary>
/// <c>milswitch demo</c>: a switch, a neighbour and a page of what arrived, with real mail between them. Nothing of it is used by
/// a node in service.
/// </summary>
public static class DemoCommand
{
    /// <summary>Where <c>demo send</c> hands mail in unless it is told otherwise: the usual place of <c>demo run</c>.</summary>
    internal const int UsualPort = 2525;

    public static Command Create() => new("demo", "Watch the switch at work with real mail on this machine") { Run(), Send() };

    private static Command Run()
    {
        var once = new Option<bool>("--once") { Description = "End after the stories: exit 0 when each came out as expected, else 1" };
        var data = new Option<string?>("--data") { Description = "Folder for the spool; a fresh one under /var/tmp, deleted at the end, when absent", HelpName = "FOLDER" };
        var command = new Command("run", "Start a switch, a neighbour and a page of what arrived, and play the stories") { once, data };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var stage = await DemoStage.BuildAsync(arguments.GetValue(data), cancellationToken);
            var good = await new DemoStories(stage).PlayAsync(cancellationToken);
            if (arguments.GetValue(once)) return good ? 0 : 1;
            await stage.StayAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static Command Send()
    {
        var to = new Option<string[]>("--to") { Description = "Recipients", Required = true, AllowMultipleArgumentsPerToken = true, HelpName = "ADDRESS" };
        var from = new Option<string>("--from") { Description = "Originator", DefaultValueFactory = _ => "duty.officer@home.test", HelpName = "ADDRESS" };
        var precedence = new Option<string>("--precedence") { Description = "Level", DefaultValueFactory = _ => "routine", HelpName = "LEVEL" };
        precedence.AcceptOnlyFromAmong("deferred", "routine", "priority", "immediate", "flash", "override");
        var subject = new Option<string>("--subject") { Description = "Subject", DefaultValueFactory = _ => "Demonstration", HelpName = "TEXT" };
        var text = new Option<string>("--text") { Description = "Text", DefaultValueFactory = _ => "Sent by milswitch demo send.", HelpName = "TEXT" };
        var server = new Option<string>("--server")
        {
            Description = "Listener of the switch, as ADDRESS:PORT", DefaultValueFactory = _ => $"127.0.0.1:{UsualPort}", HelpName = "ENDPOINT",
        };
        var command = new Command("send", "Hand in one message the way a mail program does") { to, from, precedence, subject, text, server };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (!IPEndPoint.TryParse(arguments.GetRequiredValue(server), out var endpoint) || endpoint.Port is 0)
            {
                await Console.Error.WriteLineAsync("milswitch: --server wants ADDRESS:PORT");
                return 2;
            }

            PrecedenceExtensions.TryParseKeyword(arguments.GetRequiredValue(precedence), out var level);
            try
            {
                await using var client = await DemoClient.ConnectAsync(endpoint, cancellationToken);
                var answer = await client.SendAsync(
                    arguments.GetRequiredValue(from), arguments.GetRequiredValue(to), arguments.GetRequiredValue(subject), arguments.GetRequiredValue(text), level, cancellationToken);
                Console.WriteLine(answer);
                return 0;
            }
            catch (Exception fault) when (fault is CommandException or MimeKit.ParseException)
            {
                await Console.Error.WriteLineAsync("milswitch: refused: " + fault.Message);
                return 1;
            }
            catch (Exception fault) when (fault is System.Net.Sockets.SocketException or IOException or ProtocolException)
            {
                await Console.Error.WriteLineAsync($"milswitch: nobody takes mail at {endpoint}: {fault.Message}");
                return 7;
            }
        });
        return command;
    }
}
