using System.CommandLine;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Why messages are where they are, and the evidence about them.</summary>
public sealed partial class CommandLine
{
    private Command Decisions()
    {
        var id = MessageId();
        var command = Remote("decisions", "Why a message is where it is: every passage through a boundary, step by step", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync($"/messages/{Uri.EscapeDataString(OneId(arguments.GetRequiredValue(id)))}/decisions", cancellationToken), ApiJson.Default.DecisionsView,
            view => HoldingRendering.Write(environment.Output, view)));
        command.Arguments.Add(id);
        return Example(command, "milswitch message decisions 0000G40000040");
    }

    private Command Custody()
    {
        var id = MessageId();
        var export = new Option<string?>("--export") { Description = "Put the evidence, contents included, into this new or empty folder; audited as viewed", HelpName = "DIR" };
        var command = Remote("custody", "What boundaries did to a message; exit 1 when the chain is broken", async (node, arguments, cancellationToken) =>
        {
            var path = $"/messages/{Uri.EscapeDataString(OneId(arguments.GetRequiredValue(id)))}/custody";
            var text = await node.GetAsync(path, cancellationToken);
            if (arguments.GetValue(export) is { } target)
            {
                var folder = new EvidenceFolder(target);
                folder.Create();
                await using var archive = await node.OpenStreamAsync(path + "/export", cancellationToken);
                foreach (var name in await folder.UnpackAsync(archive, cancellationToken)) environment.Error.WriteLine(folder.PathOf(name));
            }

            Show(arguments, text, ApiJson.Default.CustodyView, view => HoldingRendering.Write(environment.Output, view));
            return Read(text, ApiJson.Default.CustodyView).FirstFault is null ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Arguments.Add(id);
        command.Options.Add(export);
        return Example(command, "milswitch message custody 0000G40000040 --export evidence/", "milswitch message custody 0000G40000040");
    }

    private static Argument<string> MessageId() => new("ID") { Description = "Of the message; '-' reads it from standard input" };
}
