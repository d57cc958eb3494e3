using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Routing;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What is done to messages in the queue: to one at once, to several after a look at what it would be.</summary>
internal static class MessageActs
{
    private const int MostDetails = 20;

    /// <summary>Each is a field of the form that asks once more.</summary>
    private const int MostConfirmed = 10_000;

    public static async Task<ActAnswer> ActAsync(IServiceProvider services, ActInput input)
    {
        var actions = services.GetRequiredService<IOperatorActions>();
        if (!Enum.TryParse<MessageVerb>(input.Required("verb"), ignoreCase: true, out var verb) || !Enum.IsDefined(verb)) throw new FormatException("that is no act");
        if (verb is MessageVerb.Reroute && input["link"] is null) throw new FormatException("say to which link");
        var all = input["all"] is not null;
        var ids = all ? [] : input.Ids;
        if (!all && ids.Count == 0) throw new FormatException("choose messages first");
        var act = new MessageAct(verb)
        {
            Ids = [.. ids], Filter = all ? FilterText.Parse(input["q"], int.MaxValue) : null, Reason = input.Reason, Link = input["link"] is { } link && verb is MessageVerb.Reroute ? new LinkName(link) : null,
        };
        var word = Say.Word(verb);
        if (input["count"] is null && (all || ids.Count > 1))
        {
            var trial = await actions.ActAsync(act with { DryRun = true }, input.Who, input.CancellationToken).ConfigureAwait(false);
            var count = trial.Outcomes.Count(o => o.Done);
            if (count == 0) return ActAnswer.Not("There is nothing to do.", Lines(trial, done: false));
            if (count > MostConfirmed) return ActAnswer.Not($"Nothing was done: that would be {Say.Number(count)} messages, and a page can ask about {Say.Number(MostConfirmed)}. Narrow the filter, or use the command line.");
            return new ActAnswer(null, new Confirmation(
                $"{char.ToUpperInvariant(word[0])}{word[1..]} {Say.Count(count, "message", "messages")}?", Lines(trial, done: true), "/act/messages",
                // What was seen is what is done: those messages, and none that came since.
                [
                    new("verb", word), new("reason", act.Reason), new("back", input.Back), new("link", input["link"] ?? ""), new("count", count.ToString(CultureInfo.InvariantCulture)),
                    .. trial.Outcomes.Where(o => o.Done).Select(o => new KeyValuePair<string, string>("id", o.Id.ToString())),
                ],
                $"{char.ToUpperInvariant(word[0])}{word[1..]} {Say.Number(count)}", input.Back));
        }

        var result = await actions.ActAsync(act, input.Who, input.CancellationToken).ConfigureAwait(false);
        var done = result.Outcomes.Count(o => o.Done);
        var failed = result.Outcomes.Length - done;
        return failed == 0
            ? ActAnswer.Done($"{word}: {Say.Count(done, "message", "messages")} done.")
            : ActAnswer.Not($"{word}: {Say.Number(done)} done, {Say.Number(failed)} not.", Lines(result, done: false));
    }

    private static IReadOnlyList<string> Lines(ActResult result, bool done) =>
        [.. result.Outcomes.Where(o => o.Done == done).Take(done ? int.MaxValue : MostDetails).Select(o => $"{o.Id}: {o.Text}")];
}
