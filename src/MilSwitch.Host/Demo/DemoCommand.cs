using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MailKit;
using MilSwitch.Domain.Precedences;
using MilSwitch.Host.Commands;
using MimeKit;

namespace MilSwitch.Host.Demo;

/// <summary>
/// <c>milswitch demo</c>: a switch, a neighbour and a page of what arrived, with real mail between them. Nothing of it is used by
/// a node in service.
/// </summary>
internal sealed class DemoCommand(CommandEnvironment environment)
{
    /// <summary>128 + SIGINT, as a shell has it.</summary>
    private const int Interrupted = 130;

    private static readonly string[] Levels = ["deferred", "routine", "priority", "immediate", "flash", "override"];

    /// <param name="environment">What the commands see of the world.</param>
    /// <param name="example">Gives a command its examples.</param>
    public static Command Create(CommandEnvironment environment, Func<Command, string[], Command> example)
    {
        var demo = new DemoCommand(environment);
        return new Command("demo", "Watch the switch at work with real mail on this machine")
        {
            example(demo.Run(), ["milswitch demo run", "milswitch demo run --once", "milswitch demo run --data /var/tmp/look-inside"]),
            example(demo.Send(), ["milswitch demo send --to you@sink.test --precedence flash", "milswitch demo send --server 127.0.0.1:2525 --to a@sink.test b@sink.test --subject 'Air raid warning'"]),
        };
    }

    private Command Run()
    {
        var once = new Option<bool>("--once") { Description = "End after the stories: exit 0 when each came out as expected, else 1" };
        var data = new Option<string?>("--data") { Description = "New folder for configuration, log and spool, which stays; without it a folder under /var/tmp, deleted at the end", HelpName = "FOLDER" };
        var command = new Command("run", "Start a switch, a neighbour and a page of what arrived, play the stories, and show what arrives until Ctrl-C") { once, data };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(data), arguments.GetValue(once), cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(string? data, bool once, CancellationToken cancellationToken)
    {
        // Without these the process would end at once and leave the switch and the folder behind.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        try
        {
            await using var stage = await DemoStage.BuildAsync(data, environment, ending.Token);
            var good = await new DemoStories(stage, environment).PlayAsync(ending.Token);
            if (!once) good = await stage.StayAsync(ending.Token);
            return good ? ExitCodes.Done : ExitCodes.Bad;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            environment.Error.WriteLine("milswitch: interrupted; everything that was started has ended");
            return Interrupted;
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ending.Cancel();
        }
    }

    private Command Send()
    {
        var to = new Option<string[]>("--to") { Description = "Recipients", Required = true, AllowMultipleArgumentsPerToken = true, HelpName = "ADDRESS" };
        var from = new Option<string>("--from") { Description = "Originator", DefaultValueFactory = _ => "duty.officer@home.test", HelpName = "ADDRESS" };
        var precedence = new Option<string>("--precedence") { Description = "Level, sent as MMHS-Primary-Precedence", DefaultValueFactory = _ => "routine", HelpName = "LEVEL" };
        precedence.AcceptOnlyFromAmong(Levels);
        var subject = new Option<string>("--subject") { Description = "Subject", DefaultValueFactory = _ => "Demonstration", HelpName = "TEXT" };
        var text = new Option<string>("--text") { Description = "Text", DefaultValueFactory = _ => "Sent by milswitch demo send.", HelpName = "TEXT" };
        var server = new Option<string>("--server")
        {
            Description = "Listener of the switch, as ADDRESS:PORT", DefaultValueFactory = _ => $"127.0.0.1:{DemoPorts.Smtp}", HelpName = "ENDPOINT",
        };
        var command = new Command("send", "Hand in one message the way a mail program does, and print the answer") { to, from, precedence, subject, text, server };
        command.SetAction((arguments, cancellationToken) =>
        {
            if (!IPEndPoint.TryParse(arguments.GetRequiredValue(server), out var endpoint) || endpoint.Port is 0)
                throw new CommandFault(ExitCodes.WrongUse, "--server wants ADDRESS:PORT, such as 127.0.0.1:2525");
            PrecedenceExtensions.TryParseKeyword(arguments.GetRequiredValue(precedence), out var level);
            return SendAsync(
                endpoint, arguments.GetRequiredValue(from), arguments.GetRequiredValue(to), arguments.GetRequiredValue(subject), arguments.GetRequiredValue(text), level, cancellationToken);
        });
        return command;
    }

    private async Task<int> SendAsync(
        IPEndPoint endpoint, string from, string[] to, string subject, string text, Precedence precedence, CancellationToken cancellationToken)
    {
        foreach (var address in to.Prepend(from))
        {
            if (!MailboxAddress.TryParse(address, out _)) throw new CommandFault(ExitCodes.WrongUse, $"'{address}' is not a mail address");
        }

        try
        {
            await using var client = await DemoClient.ConnectAsync(endpoint, cancellationToken);
            environment.Output.WriteLine(await client.SendAsync(from, to, subject, text, precedence, cancellationToken));
            return ExitCodes.Done;
        }
        catch (Exception fault) when (fault is CommandException or ServiceNotAuthenticatedException)
        {
            throw new CommandFault(ExitCodes.Bad, "refused: " + fault.Message);
        }
        catch (Exception fault) when (fault is SocketException or IOException or ProtocolException)
        {
            throw new CommandFault(ExitCodes.Unreachable, $"nobody takes mail at {endpoint}: {fault.Message}");
        }
    }
}
