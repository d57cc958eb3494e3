using Microsoft.Extensions.DependencyInjection;
using MilSwitch.Dashboard.Rendering;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Routing;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What is done to links, orders, plans and nodes.</summary>
internal static class SwitchActs
{
    public static async Task<ActAnswer> TryLinkAsync(IServiceProvider services, ActInput input)
    {
        var link = new LinkName(input.Required("link"));
        return await services.GetRequiredService<IOperatorActions>().TryLinkAsync(link, input.Who, input.CancellationToken).ConfigureAwait(false)
            ? ActAnswer.Done($"{link} is being tried.")
            : ActAnswer.Not("There is no link of this name.");
    }

    public static async Task<ActAnswer> AddRuleAsync(IServiceProvider services, ActInput input)
    {
        var actions = services.GetRequiredService<IOperatorActions>();
        if (!Enum.TryParse<RuleKind>(input.Required("kind"), ignoreCase: true, out var kind) || !Enum.IsDefined(kind)) throw new FormatException("that is no order");
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var rule = new OperatorRule
        {
            Id = "", Kind = kind, Author = input.Who.Name, Scope = input.Required("scope"), Reason = input.Reason, RefuseAtEntry = kind is RuleKind.Minimize && input["refuse"] is not null,
            Level = kind is RuleKind.Minimize && input["level"] is { } word ? PrecedenceExtensions.TryParseKeyword(word, out var level) ? level : throw new FormatException($"'{word}' is no precedence") : null,
            Link = kind is RuleKind.Reroute && input["link"] is { } link ? new LinkName(link) : null,
            Expires = input["for"] is { } time ? now + FilterText.Span(time) : null,
        };
        if (input["dry"] is not null)
        {
            var trial = await actions.TryRuleAsync(rule, remove: false, input.Who, input.CancellationToken).ConfigureAwait(false);
            return ActAnswer.Done($"Nothing was changed. {Say.Count(trial.Messages, "queued message", "queued messages")} would be treated otherwise.");
        }

        var added = await actions.AddRuleAsync(rule, input.Who, input.CancellationToken).ConfigureAwait(false);
        return ActAnswer.Done($"Order {added.Id} is in force{(added.Expires is { } end ? $" until {Say.Time(end)}" : "")}.");
    }

    public static async Task<ActAnswer> RemoveRuleAsync(IServiceProvider services, ActInput input)
    {
        var id = input.Required("id");
        return await services.GetRequiredService<IOperatorActions>().RemoveRuleAsync(id, input.Reason, null, input.Who, input.CancellationToken).ConfigureAwait(false) is RuleChange.Done
            ? ActAnswer.Done($"Order {id} is ended.")
            : ActAnswer.Not($"Order {id} is not in force any more.");
    }

    public static async Task<ActAnswer> SwitchPlanAsync(IServiceProvider services, ActInput input) =>
        await services.GetRequiredService<IOperatorActions>().SwitchPlanAsync(input.Required("plan"), input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false) is { } state
            ? ActAnswer.Done($"Plan {state.InForce} is in force.")
            : ActAnswer.Not("The profiler has no plan of this name.");

    public static async Task<ActAnswer> DrainAsync(IServiceProvider services, ActInput input)
    {
        await services.GetRequiredService<INodeDesk>().DrainAsync(input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false);
        return ActAnswer.Done("The node hands over and stops.");
    }

    public static async Task<ActAnswer> ApplyConfigurationAsync(IServiceProvider services, ActInput input)
    {
        var problems = await services.GetRequiredService<INodeDesk>().ApplyConfigurationAsync(input.Reason, input.Who, input.CancellationToken).ConfigureAwait(false);
        return problems.Count == 0 ? ActAnswer.Done("The configuration is in force.") : ActAnswer.Not("Nothing was changed: the configuration has problems.", problems);
    }

    public static async Task<ActAnswer> WriteNoteAsync(IServiceProvider services, ActInput input)
    {
        if (!Enum.TryParse<WatchNoteKind>(input.Required("kind"), ignoreCase: true, out var kind) || !Enum.IsDefined(kind)) throw new FormatException("that is no kind of note");
        await services.GetRequiredService<IWatchLog>().WriteAsync(kind, input["text"] ?? "", input.Who, input.CancellationToken).ConfigureAwait(false);
        return ActAnswer.Done("It is written.");
    }
}
