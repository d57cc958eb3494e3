using System.CommandLine;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Messages that are handed in.</summary>
public sealed partial class CommandLine
{
    private Command Submit()
    {
        var file = new Argument<string?>("FILE") { Description = "The whole message (RFC 5322), or with --from its text; '-' for standard input", Arity = ArgumentArity.ZeroOrOne };
        var options = new SubmitOptions();
        var command = Remote("submit", "Hand in a message; prints its id when the switch has it durably", async (node, arguments, cancellationToken) =>
        {
            var made = options.AreGiven(arguments);
            var text = made
                ? await node.SendAsync(HttpMethod.Post, "/messages", options.Read(arguments, environment, arguments.GetValue(file)), ApiJson.Default.SubmissionRequest, Conditions(arguments), cancellationToken)
                : await node.SendAsync("/messages", MessageFile.Read(environment, "FILE", arguments.GetValue(file) ?? throw new CommandFault(ExitCodes.WrongUse, "name the file with the message, '-' for standard input, or say --from and more")), "message/rfc822", Conditions(arguments), cancellationToken);
            return Show(arguments, text, ApiJson.Default.SubmittedView, view =>
            {
                environment.Output.WriteLine(view.Id);
                if (view.PriorityLowered is { } lowered) environment.Error.WriteLine($"milswitch: it travels at MT-PRIORITY {Text.Number(lowered)}, which is lower than it asked for");
            });
        });
        command.Arguments.Add(file);
        options.AddTo(command);
        command.Options.Add(key);
        return Example(
            command,
            "milswitch submit --from duty@a.example --to ops@b.example --subject Alarm --precedence flash --sic 'SDM; BRL' --label 'ALFA SECRET'",
            "milswitch submit message.eml --json",
            "milswitch submit - --from duty@a.example --to ops@b.example --deliver-by 90m --deliver-by-mode notify --receipts-from all <text",
            "milswitch submit - --from duty@a.example --to ops@b.example --dtg 2030-01-02T03:04Z --receipt --idempotency-key 4711 <text");
    }
}
