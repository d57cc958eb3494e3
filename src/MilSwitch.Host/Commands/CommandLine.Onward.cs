using System.CommandLine;
using System.Text.Json;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>Where messages are beyond this switch, asked by the node.</summary>
public sealed partial class CommandLine
{
    // The node has the two minutes of RFC 3887 §2.4.
    private static readonly TimeSpan OnwardPatience = TimeSpan.FromSeconds(150);

    private Command Onward()
    {
        var id = MessageId();
        var secret = SecretOption();
        secret.Required = true;
        var command = Remote("onward", "Where a message is by what servers of MTQP say that are configured for the hosts it went on to; audited; exit 1 when one does not answer, or nobody is asked", async (node, arguments, cancellationToken) =>
        {
            var view = await AskOnwardAsync(node, OneId(arguments.GetRequiredValue(id)), ReadSecret(arguments.GetRequiredValue(secret)!), Conditions(arguments), cancellationToken);
            if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(view, ApiJson.Default.OnwardView));
            else MessageTrace.Write(environment.Output, view);
            return ExitOf([view]);
        });
        command.Arguments.Add(id);
        command.Options.Add(secret);
        command.Options.Add(key);
        return Example(command, "milswitch message onward 0000G40000040 --secret-file secret.b64");
    }

    private async Task<int> TraceAsync(NodeClient node, ParseResult arguments, string id, string? secretFile, CancellationToken cancellationToken)
    {
        var secret = secretFile is null ? null : ReadSecret(secretFile);
        var report = await MessageTrace.FollowAsync(id, one => node.GetAsync("/messages/" + Uri.EscapeDataString(one), cancellationToken));
        List<OnwardView>? onward = null;
        if (secret is not null)
        {
            onward = [];
            // Nothing that the switch makes can be asked about: it is one of them, or none.
            foreach (var tracked in report.Messages.Where(m => m.TrackedUntil is not null).Select(m => m.Id).DefaultIfEmpty(id)) onward.Add(await AskOnwardAsync(node, tracked, secret, default, cancellationToken));
        }

        if (!arguments.GetValue(json)) report.Write(environment.Output, onward);
        else if (onward is null) environment.Output.WriteLine(JsonSerializer.Serialize(report.Messages, ApiJson.Default.IReadOnlyListMessageView));
        else environment.Output.WriteLine(JsonSerializer.Serialize(new TracedView(report.Messages, onward), MtqpJson.Default.TracedView));
        return onward is null ? ExitCodes.Done : ExitOf(onward);
    }

    private static Option<string?> SecretOption() => new("--secret-file") { Description = "File of the originator's secret in base64; '-' for standard input", HelpName = "FILE" };

    private async Task<OnwardView> AskOnwardAsync(NodeClient node, string id, byte[] secret, RequestConditions conditions, CancellationToken cancellationToken) => Read(
        await node.SendAsync(HttpMethod.Post, $"/messages/{Uri.EscapeDataString(id)}/onward", new OnwardRequest(Convert.ToBase64String(secret)), ApiJson.Default.OnwardRequest, conditions with { Patience = OnwardPatience }, cancellationToken),
        ApiJson.Default.OnwardView);

    // Whom the configuration does not name was not to be asked.
    private static int ExitOf(IReadOnlyList<OnwardView> views) =>
        views.Any(v => v.NotAsked is null && v.Hosts.Any(h => h.Server is not null)) && views.All(v => v.Hosts.All(h => h.Outcome is "found" or "not-asked")) ? ExitCodes.Done : ExitCodes.Bad;
}
