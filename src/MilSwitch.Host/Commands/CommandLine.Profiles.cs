using System.CommandLine;
using System.Text;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Profiling;
using MilSwitch.Host.Configuration;
using MilSwitch.Labels;
using MilSwitch.Labels.Policies;
using MilSwitch.Mime;
using MilSwitch.Smime.Inspection;
using MimeKit.Utils;

namespace MilSwitch.Host.Commands;

/// <summary>The profiler's plans on files: no node, no network.</summary>
public sealed partial class CommandLine
{
    private const int ProgressEvery = 1_000;

    private readonly Option<string[]> profilePlan = new("--plan") { Description = "The file of plans; may be repeated, when several are one", Required = true, HelpName = "FILE" };
    private readonly Option<string?> profileName = new("--name") { Description = "The plan to use instead of the one in force", HelpName = "PLAN" };
    private readonly Option<string?> profileTime = new("--at") { Description = "Judge hours as of this time; without, as of the message's Date", HelpName = "TIME" };
    private readonly Option<string[]> profilePolicies = PolicySource.Spif("Policies that give a label's names");
    private readonly Option<bool> profileJson = new("--json") { Description = "Print JSON" };

    private Command Profile() => new("profile", "The profiler: its plans, what no rule distributed, and plans tried on messages") { ShowPlans(), SwitchPlan(), Assign(), CheckProfile(), ExplainProfile(), SimulateProfile() };

    private Command CheckProfile()
    {
        var file = new Argument<string[]>("FILE") { Description = "The file of plans, or several that are one", Arity = ArgumentArity.OneOrMore };
        var command = new Command("check", "Report every problem of a file of plans as FILE:line: key: what is wrong; exit 1 when there is one") { file, profileJson };
        command.SetAction(arguments =>
        {
            var paths = arguments.GetRequiredValue(file);
            if (paths.FirstOrDefault(p => !File.Exists(p)) is { } missing) throw new CommandFault(ExitCodes.NotFound, $"FILE: {missing}: no such file");
            var plans = ProfileFile.Read(paths, out var problems);
            if (arguments.GetValue(profileJson))
            {
                WriteJson(
                    new ProfileCheckView(plans is not null, plans?.InForce.Name, [.. (plans?.All ?? []).Select(p => new ProfilePlanView(p.Name, p.Rules.Length))], [.. problems.Select(p => new ProfileProblemView(p.File, p.Line, p.Key, p.Text))]),
                    ProfileJson.Default.ProfileCheckView);
            }
            else
            {
                foreach (var problem in problems) environment.Output.WriteLine(Text.Printable(problem.ToString()));
                foreach (var plan in plans?.All ?? []) environment.Output.WriteLine(Text.Printable($"plan {plan.Name}: {Text.Number(plan.Rules.Length)} rules{(plan == plans!.InForce ? ", in force" : "")}"));
            }

            return plans is null ? ExitCodes.Bad : ExitCodes.Done;
        });
        return Example(command, "milswitch profile check config/profile.yaml", "milswitch profile check plans/base.yaml plans/north.yaml");
    }

    private Command ExplainProfile()
    {
        var file = new Argument<string>("MESSAGE") { Description = "A message; '-' for standard input" };
        var role = ProfileRoleOption();
        var command = new Command("explain", "Who would get a message, and by which rules; exit 1 when it is unprofiled") { file, profilePlan, profileName, profileTime, role, profilePolicies, profileJson };
        command.SetAction(arguments =>
        {
            var plans = ReadPlans("--plan", arguments.GetRequiredValue(profilePlan));
            var plan = FindPlan(plans, "--name", arguments.GetValue(profileName));
            var path = arguments.GetRequiredValue(file);
            var (subject, at) = ReadSubject(MessageFile.Read(environment, "MESSAGE", path), path, ReadRole(arguments.GetRequiredValue(role)), arguments, PolicySource.Read(environment, "--spif", arguments.GetValue(profilePolicies)));
            var decision = new Profiler(plan).Decide(subject, at);
            var view = new ProfileExplainView(
                plan.Name, Text.Time(at), subject.Precedence.Keyword(), ProfileRendering.Word(subject.Role), [.. subject.Codes.Select(c => new ProfileCodeView(c, plans.Catalogue?.Describe(c)))],
                [.. decision.Addressees.Select(a => new ProfileAddresseeView(a.Mailbox.Text, ProfileRendering.Word(a.Role)))],
                [.. decision.Matches.Select(m => new ProfileMatchView(m.Rule.Name, m.Reasons))],
                decision.Unprofiled is { } reason ? reason.Word() : null, subject.Fault);
            if (arguments.GetValue(profileJson)) WriteJson(view, ProfileJson.Default.ProfileExplainView);
            else ProfileRendering.Write(environment.Output, view);
            return decision.Unprofiled is null ? ExitCodes.Done : ExitCodes.Bad;
        });
        return Example(
            command,
            "milswitch profile explain --plan config/profile.yaml message.eml",
            "milswitch profile explain --plan config/profile.yaml --name war --at 2026-11-29T03:00:00Z --role info - --json < message.eml");
    }

    private Command SimulateProfile()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Messages, or folders of them: files that end in .eml, and all in folders named cur and new", Arity = ArgumentArity.OneOrMore };
        var against = new Option<string[]>("--against") { Description = "Tell the differences from the plan of this file; may be repeated, when several are one", HelpName = "FILE" };
        var other = new Option<string?>("--against-name") { Description = "Its plan instead of the one in force; without --against a plan of the same file", HelpName = "PLAN" };
        var role = ProfileRoleOption();
        var command = new Command("simulate", "What a plan would do with recorded traffic, and what would be different from another") { paths, profilePlan, profileName, against, other, profileTime, role, profilePolicies, profileJson };
        command.SetAction(arguments =>
        {
            var plans = ReadPlans("--plan", arguments.GetRequiredValue(profilePlan));
            var plan = FindPlan(plans, "--name", arguments.GetValue(profileName));
            var compared = arguments.GetValue(against) is { Length: > 0 } second ? ReadPlans("--against", second) : arguments.GetValue(other) is null ? null : plans;
            var comparedPlan = compared is null ? null : FindPlan(compared, "--against-name", arguments.GetValue(other));
            var policies = PolicySource.Read(environment, "--spif", arguments.GetValue(profilePolicies));
            var asWhat = ReadRole(arguments.GetRequiredValue(role));
            var simulation = new ProfileSimulation(plans, new Profiler(plan), comparedPlan is null ? null : new Profiler(comparedPlan));
            var files = RecordedTraffic.Files("PATH", arguments.GetRequiredValue(paths));
            for (var i = 0; i < files.Count; i++)
            {
                if (i > 0 && i % ProgressEvery is 0) environment.Error.WriteLine($"{Text.Number(i)} of {Text.Number(files.Count)} messages");
                var (subject, at) = ReadSubject(MessageFile.Read(environment, "PATH", files[i]), files[i], asWhat, arguments, policies);
                simulation.Add(files[i], subject, at);
            }

            var view = simulation.Result(plan.Name, comparedPlan?.Name);
            if (arguments.GetValue(profileJson)) WriteJson(view, ProfileJson.Default.ProfileSimulationView);
            else ProfileRendering.Write(environment.Output, view);
            return ExitCodes.Done;
        });
        return Example(
            command,
            "milswitch profile simulate --plan config/profile.yaml recorded/",
            "milswitch profile simulate --plan new.yaml --against config/profile.yaml recorded/ --json",
            "milswitch profile simulate --plan config/profile.yaml --name war --against-name peace /var/mail/log/Maildir");
    }

    private static Option<string> ProfileRoleOption()
    {
        var role = new Option<string>("--role") { Description = "As what the profiler was addressed: action or info", DefaultValueFactory = _ => "action" };
        role.AcceptOnlyFromAmong("action", "info");
        return role;
    }

    private static ProfileRole ReadRole(string word) => word is "info" ? ProfileRole.Information : ProfileRole.Action;

    private static ProfilePlans ReadPlans(string option, string[] files)
    {
        if (files.FirstOrDefault(f => !File.Exists(f)) is { } missing) throw new CommandFault(ExitCodes.NotFound, $"{option}: {missing}: no such file");
        return ProfileFile.Read(files, out var problems) ?? throw new CommandFault(ExitCodes.NotFound, string.Join('\n', problems.Select(p => $"{option}: {p}")));
    }

    private static ProfilePlan FindPlan(ProfilePlans plans, string option, string? name) =>
        name is null ? plans.InForce : plans.Find(name) ?? throw new CommandFault(ExitCodes.WrongUse, $"{option}: there is no plan '{name}'; there are {string.Join(", ", plans.All.Select(p => p.Name))}");

    private (ProfileSubject Subject, DateTimeOffset At) ReadSubject(ReadOnlyMemory<byte> octets, string file, ProfileRole role, ParseResult arguments, PolicySet policies)
    {
        var content = RecordedTraffic.WithLineEnds(octets);
        var header = HeaderBlock.Scan(content, 256 << 10, 1_000);
        var facts = MessageFacts.Read(header, []);
        var level = (role is ProfileRole.Action ? facts.PrimaryPrecedence : facts.CopyPrecedence) ?? Precedence.Routine;
        DateTimeOffset at;
        if (arguments.GetValue(profileTime) is { } given) at = TrustOptions.ReadTime(given);
        else if (!header.TryGetSingle("Date"u8, out var date) || !DateUtils.TryParse(date, out at)) at = file is "-" ? TimeProvider.System.GetUtcNow() : File.GetLastWriteTimeUtc(file);
        return (ProfileFacts.Read(content, level, role, ReadLabel(header, policies)), at);
    }

    // What is no label selects nothing, as on a switch that handles the message without one.
    private static ProfileLabel? ReadLabel(HeaderBlock header, PolicySet policies)
    {
        if (!header.TryGetSingle("SIO-Label"u8, out var field)) return null;
        try
        {
            var label = LabelSource.Decode(Encoding.UTF8.GetBytes(field), LabelForm.SioLabel, policies).Label;
            var report = LabelReport.Of(label, policies);
            return new ProfileLabel(label.Policy, report.PolicyName, label.Classification, report.ClassificationName);
        }
        catch (LabelRefusedException)
        {
            return null;
        }
    }
}
