using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using MilSwitch.Host.Api;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;

namespace MilSwitch.Host.Commands;

/// <summary>The holding centre.</summary>
public sealed partial class CommandLine
{
    private Command Hold()
    {
        var after = new Option<string?>("--after") { Description = "Go on after this id", HelpName = "ID" };
        var limit = new Option<int?>("--limit") { Description = "At most so many; 100 when absent", HelpName = "N" };
        var list = Remote("list", "Messages that wait for a person, most urgent first", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/holding" + Query(("after", arguments.GetValue(after)), ("limit", arguments.GetValue(limit) is { } most ? Text.Number(most) : null)), cancellationToken),
            ApiJson.Default.PageHeldMessageView, page => HoldingRendering.Write(environment.Output, page, TimeProvider.System.GetUtcNow())));
        list.Options.Add(after);
        list.Options.Add(limit);
        Example(list, "milswitch hold list");

        var id = MessageId();
        var show = Remote("show", "One message that waits for a person: why, until when, who may act", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/holding/" + Uri.EscapeDataString(OneId(arguments.GetRequiredValue(id))), cancellationToken), ApiJson.Default.HeldMessageView,
            view => HoldingRendering.Write(environment.Output, view, TimeProvider.System.GetUtcNow())));
        show.Arguments.Add(id);
        Example(show, "milswitch hold show 0000G40000040");
        return new Command("hold", "The holding centre: what waits for a person") { list, show, Approve(), Reject(), Correct() };
    }

    private Command Approve()
    {
        var step = new Option<string>("--step") { Description = "The step that holds it", Required = true, HelpName = "STEP" };
        var reasons = new Option<string?>("--reasons") { Description = "Only for the reasons with this digest, as 'hold show' tells it; else exit 6", HelpName = "DIGEST" };
        return Example(
            Decides("approve", "Let it go on in spite of a step's decision; exit 5 when another person has to approve it too", ApiJson.Default.ApproveRequest, arguments =>
                new ApproveRequest(arguments.GetRequiredValue(step), arguments.GetRequiredValue(reason), arguments.GetValue(reasons)), step, reasons),
            "milswitch hold approve 0000G40000040 --step label --reason 'seen, may be told to them'");
    }

    private Command Reject()
    {
        var text = new Option<string?>("--text") { Description = "What the report to the originator says", HelpName = "TEXT" };
        return Example(
            Decides("reject", "Send it back to the originator", ApiJson.Default.RejectRequest, arguments =>
                new RejectRequest(arguments.GetRequiredValue(reason), arguments.GetValue(text)), text),
            "milswitch hold reject 0000G40000040 --reason 'not for them' --text 'send it without the annex'");
    }

    private Command Correct()
    {
        var recipients = new Option<string[]>("--recipient") { Description = "Another address for a recipient; may be repeated", HelpName = "OLD=NEW" };
        var parts = new Option<string[]>("--drop-part") { Description = "Leave out the part of this number, as 1.2; may be repeated", HelpName = "N" };
        var label = new Option<string?>("--label") { Description = "The label it gets, in any form that 'label decode' knows", HelpName = "SPEC" };
        var codes = new Option<string?>("--sic") { Description = "The subject indicator codes it gets, separated by semicolons; empty: none", HelpName = "CODES" };
        var policies = PolicySource.Spif("Policies, for labels that speak in names");
        return Example(
            Decides("correct", "Put a changed message in its place, which begins at the beginning; exit 5 when another person has to ask for the same", ApiJson.Default.CorrectRequest, arguments =>
                new CorrectRequest(
                    arguments.GetRequiredValue(reason), [.. (arguments.GetValue(recipients) ?? []).Select(Change)], arguments.GetValue(parts) ?? [],
                    arguments.GetValue(label) is { } spec ? Encoded(spec, arguments.GetValue(policies)) : null,
                    arguments.GetValue(codes)?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)), recipients, parts, label, codes, policies),
            "milswitch hold correct 0000G40000040 --recipient ops@bravo.example=duty@bravo.example --reason 'moved'",
            "milswitch hold correct 0000G40000040 --drop-part 1.2 --sic 'SDM; BRL' --reason 'the annex is not for them'",
            "milswitch hold correct 0000G40000040 --label 'ALFA CONFIDENTIAL' --spif config/policies --reason 'overclassified'");

        static RecipientChangeView Change(string text)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            return at > 0 ? new RecipientChangeView(text[..at], text[(at + 1)..]) : throw new CommandFault(ExitCodes.WrongUse, "--recipient: write OLD=NEW");
        }

        string Encoded(string spec, string[]? spif)
        {
            try
            {
                return Convert.ToBase64String(EssLabel.Encode(LabelSource.Read(environment, "--label", spec, null, PolicySource.Read(environment, "--spif", spif)).Label));
            }
            catch (LabelRefusedException refused)
            {
                throw new CommandFault(ExitCodes.WrongUse, "--label: " + LabelSource.Words(refused));
            }
        }
    }

    private Command Draft()
    {
        var after = new Option<string?>("--after") { Description = "Go on after this id", HelpName = "ID" };
        var limit = new Option<int?>("--limit") { Description = "At most so many; 100 when absent", HelpName = "N" };
        var list = Remote("list", "Drafts that wait for their release, most urgent first", async (node, arguments, cancellationToken) => Show(
            arguments, await node.GetAsync("/drafts" + Query(("after", arguments.GetValue(after)), ("limit", arguments.GetValue(limit) is { } most ? Text.Number(most) : null)), cancellationToken),
            ApiJson.Default.PageHeldMessageView, page => HoldingRendering.WriteDrafts(environment.Output, page, TimeProvider.System.GetUtcNow())));
        list.Options.Add(after);
        list.Options.Add(limit);
        Example(list, "milswitch draft list");
        return new Command("draft", "Draft and release: what waits for somebody who may release it") { list, ReleaseDraft(), RejectDraft() };
    }

    private Command ReleaseDraft()
    {
        var (authority, digest) = DraftOptions();
        return Example(
            Decides("release", "Say that a draft may go, in the name of somebody who may release it; exit 5 when others have to as well", ApiJson.Default.ReleaseRequest, arguments =>
                new ReleaseRequest(arguments.GetRequiredValue(reason), arguments.GetValue(authority), arguments.GetValue(digest)), "drafts", authority, digest),
            "milswitch draft release 0000G40000040 --reason 'seen, may go'",
            "milswitch draft release 0000G40000040 --as chief@hq.example --digest 9f86…0a08 --reason 'seen, may go'");
    }

    private Command RejectDraft()
    {
        var (authority, digest) = DraftOptions();
        var text = new Option<string?>("--text") { Description = "What the report to the author says", HelpName = "TEXT" };
        return Example(
            Decides("reject", "Send a draft back to its author, in the name of somebody who may release it", ApiJson.Default.RejectDraftRequest, arguments =>
                new RejectDraftRequest(arguments.GetRequiredValue(reason), arguments.GetValue(text), arguments.GetValue(authority), arguments.GetValue(digest)), "drafts", text, authority, digest),
            "milswitch draft reject 0000G40000040 --reason 'wrong grid' --text 'check the grid in line 4'");
    }

    private static (Option<string?> As, Option<string?> Digest) DraftOptions() => (
        new Option<string?>("--as") { Description = "In the name of this authority; needed for who may speak for several", HelpName = "ADDRESS" },
        new Option<string?>("--digest") { Description = "Only for the content with this digest, as 'draft list' tells it; else exit 6", HelpName = "DIGEST" });

    private Command Decides<T>(string verb, string description, JsonTypeInfo<T> type, Func<ParseResult, T> request, params Option[] options) => Decides(verb, description, type, request, "holding", options);

    private Command Decides<T>(string verb, string description, JsonTypeInfo<T> type, Func<ParseResult, T> request, string place, params Option[] options)
    {
        var id = MessageId();
        var command = Remote(verb, description, async (node, arguments, cancellationToken) =>
        {
            var text = await node.SendAsync(
                HttpMethod.Post, $"/{place}/{Uri.EscapeDataString(OneId(arguments.GetRequiredValue(id)))}/{verb}", request(arguments), type, Conditions(arguments), cancellationToken);
            Show(arguments, text, ApiJson.Default.HoldingResultView, view => HoldingRendering.Write(environment.Output, view));
            if (Read(text, ApiJson.Default.HoldingResultView).Outcome != "approval-needed") return ExitCodes.Done;
            environment.Error.WriteLine("milswitch: approval of a second person needed");
            return ExitCodes.ApprovalNeeded;
        });
        command.Arguments.Add(id);
        foreach (var option in options) command.Options.Add(option);
        command.Options.Add(reason);
        command.Options.Add(key);
        return command;
    }
}
