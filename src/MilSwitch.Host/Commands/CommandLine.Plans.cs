using System.CommandLine;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>The profiler of a running node.</summary>
public sealed partial class CommandLine
{
    private Command ShowPlans() => Example(
        Remote("plans", "The plans of the running profiler, and which counts; exit 1 when that is not there any more", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/profile", cancellationToken);
            Show(arguments, text, ApiJson.Default.ProfileStateView, view => ProfileRendering.Write(environment.Output, view));
            return Read(text, ApiJson.Default.ProfileStateView) is { Plans.Count: > 0, IsThere: false } ? ExitCodes.Bad : ExitCodes.Done;
        }),
        "milswitch profile plans");

    private Command SwitchPlan()
    {
        var plan = new Argument<string>("PLAN") { Description = "Its name" };
        var command = Remote("switch", "Have another plan count, on all nodes, until somebody switches again", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.SendAsync(
                HttpMethod.Post, "/profile/plan", new SwitchPlanRequest(arguments.GetRequiredValue(plan), arguments.GetRequiredValue(reason)), ApiJson.Default.SwitchPlanRequest, Conditions(arguments),
                cancellationToken),
            ApiJson.Default.ProfileStateView, view => ProfileRendering.Write(environment.Output, view)));
        command.Arguments.Add(plan);
        command.Options.Add(reason);
        command.Options.Add(key);
        return Example(command, "milswitch profile switch war --reason 'order 4711'");
    }

    private Command Assign()
    {
        var action = new Option<string[]>("--action") { Description = "Who has to act; may be repeated", HelpName = "ADDRESS" };
        var information = new Option<string[]>("--info") { Description = "Who is informed; may be repeated", HelpName = "ADDRESS" };
        return Example(
            Decides("assign", "Say who gets what no rule distributed", ApiJson.Default.AssignRequest, arguments =>
                new AssignRequest(arguments.GetRequiredValue(reason), arguments.GetValue(action) ?? [], arguments.GetValue(information) ?? []), action, information),
            "milswitch profile assign 0000G40000040 --action ops@hq.example --info log@hq.example --reason 'about the bridge'");
    }
}
