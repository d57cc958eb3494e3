using System.CommandLine;
using System.Globalization;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>What shells and old habits ask for: completion, and <c>mailq</c>.</summary>
public sealed partial class CommandLine
{
    private Command Completion()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print what makes a shell complete commands and options") { shell };
        command.SetAction(arguments => environment.Output.Write(CompletionScript.Of(arguments.GetRequiredValue(shell))));
        return Example(command, "milswitch completion bash > /etc/bash_completion.d/milswitch", "milswitch completion fish > ~/.config/fish/completions/milswitch.fish");
    }

    private Command Mailq() => Example(
        Remote("mailq", "What waits, as mailq prints it; also under that name", async (node, arguments, cancellationToken) =>
        {
            var all = new List<QueuedMessageView>();
            string? after = null;
            do
            {
                var page = Read(await node.GetAsync("/queue" + Query(("after", after), ("limit", "1000")), cancellationToken), ApiJson.Default.PageQueuedMessageView);
                all.AddRange(page.Items);
                after = page.Next;
            }
            while (after is not null);
            if (arguments.GetValue(json)) environment.Output.WriteLine(System.Text.Json.JsonSerializer.Serialize(new Page<QueuedMessageView>(all, null), ApiJson.Default.PageQueuedMessageView));
            else WriteMailq(all);
            return ExitCodes.Done;
        }),
        "milswitch mailq");

    // Monitoring programs read the first and the last line.
    private void WriteMailq(List<QueuedMessageView> all)
    {
        if (all.Count is 0)
        {
            environment.Output.WriteLine("Mail queue is empty");
            return;
        }

        environment.Output.WriteLine("-Queue ID-      --Size-- ----Arrival Time---- -Sender/Recipient-------");
        foreach (var message in all)
        {
            var mark = message.State switch { "held" => '!', _ when message.Recipients.Any(r => r.Attempts is 0) => ' ', _ => '*' };
            environment.Output.WriteLine(Text.Printable(string.Create(
                CultureInfo.InvariantCulture, $"{message.Id}{mark} {message.Size,9} {message.AcceptedAt.UtcDateTime:ddd MMM dd HH:mm:ss} {(message.Sender.Length is 0 or 2 ? "MAILER-DAEMON" : message.Sender.Trim('<', '>'))}")));
            foreach (var recipient in message.Recipients)
            {
                if (recipient.LastReply is { } reply) environment.Output.WriteLine(Text.Printable(string.Create(CultureInfo.InvariantCulture, $"    ({reply.Code} {reply.Text})")));
                environment.Output.WriteLine(Text.Printable(new string(' ', 45) + recipient.Address));
            }

            environment.Output.WriteLine();
        }

        var octets = all.Sum(m => m.Size);
        environment.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"-- {(octets + 1023) / 1024} Kbytes in {all.Count} Request{(all.Count is 1 ? "" : "s")}."));
    }
}
