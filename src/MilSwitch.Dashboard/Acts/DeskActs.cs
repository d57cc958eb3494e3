using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What is decided in the holding centre and about drafts.</summary>
internal static class DeskActs
{
    public static Task<ActAnswer> ApproveAsync(IServiceProvider services, ActInput input) =>
        DecideAsync(services, input, new HoldingOrder.Approve(input.Required("step"), input["reasons"], input.Reason));

    public static Task<ActAnswer> RejectAsync(IServiceProvider services, ActInput input) => DecideAsync(services, input, new HoldingOrder.Reject(input["text"], input.Reason));

    public static Task<ActAnswer> AssignAsync(IServiceProvider services, ActInput input)
    {
        ImmutableArray<Mailbox> action = [.. input.Addresses("action")], information = [.. input.Addresses("information")];
        if (action.Length + information.Length is 0 or > HoldingOrder.Assign.Most) throw new FormatException("name those who get it");
        return DecideAsync(services, input, new HoldingOrder.Assign(action, information, input.Reason));
    }

    public static Task<ActAnswer> CorrectAsync(IServiceProvider services, ActInput input)
    {
        var (old, next) = (input.Form["old"], input.Form["new"]);
        var recipients = ImmutableArray.CreateBuilder<(Mailbox, Mailbox)>();
        for (var i = 0; i < Math.Min(old.Count, next.Count); i++)
        {
            if (!string.IsNullOrWhiteSpace(next[i])) recipients.Add((ActInput.Address(old[i] ?? ""), ActInput.Address(next[i]!.Trim())));
        }

        var change = new MessageCorrection
        {
            Recipients = recipients.ToImmutable(), DropParts = [.. Words(input["drop"])], Label = input["label"] is { } text ? services.GetRequiredService<ILabelDesk>().Read(text) : null,
            SubjectCodes = input["sic"] is { } codes ? [.. Words(codes)] : default,
        };
        if (change.IsEmpty) throw new FormatException("say what is to be changed");
        return DecideAsync(services, input, new HoldingOrder.Correct(change, input.Reason));
    }

    public static Task<ActAnswer> ReleaseDraftAsync(IServiceProvider services, ActInput input) =>
        DecideAsync(services, input, new HoldingOrder.Authorise(Authority(input), false, input["digest"], "", input.Reason));

    public static Task<ActAnswer> RejectDraftAsync(IServiceProvider services, ActInput input) =>
        DecideAsync(services, input, new HoldingOrder.RejectDraft(Authority(input), false, input["digest"], "", input["text"], input.Reason));

    private static Mailbox? Authority(ActInput input) => input["as"] is { } address ? ActInput.Address(address) : null;

    private static string[] Words(string? text) => (text ?? "").Split([' ', ',', ';'], StringSplitOptions.RemoveEmptyEntries);

    private static async Task<ActAnswer> DecideAsync(IServiceProvider services, ActInput input, HoldingOrder order)
    {
        var result = await services.GetRequiredService<IOperatorActions>().DecideAsync(input.Id, order, input.Who, input.CancellationToken).ConfigureAwait(false);
        var text = $"{input.Id}: {result.Text}.";
        return result.Outcome switch
        {
            HoldingOutcome.Done => result.Made is { } made ? ActAnswer.Done(text, $"Message {made} takes its place.") : ActAnswer.Done(text),
            HoldingOutcome.ApprovalNeeded => ActAnswer.Done(text, $"{result.Given.Length} of {result.Needed} agree: {string.Join(", ", result.Given)}"),
            _ => ActAnswer.Not(text),
        };
    }
}
