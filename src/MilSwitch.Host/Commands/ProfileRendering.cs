using MilSwitch.Domain.Profiling;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>The profiler's answers for people.</summary>
internal static class ProfileRendering
{
    public static string Word(ProfileRole role) => role is ProfileRole.Action ? "action" : "info";

    public static void Write(TextWriter output, ProfileStateView view)
    {
        if (view.Plans.Count is 0)
        {
            output.WriteLine("there is no profiler");
            return;
        }

        Text.WriteFields(
            output, ("In force", view.IsThere ? view.InForce : $"{view.InForce}, which is not in the file: nothing is distributed"), ("Configured", view.Configured), ("Version", view.Version),
            ("Addresses", string.Join(", ", view.Addresses)), ("Switched by", view.Switched?.By), ("Switched at", view.Switched is { } s ? Text.Time(s.At) : null), ("Because", view.Switched?.Reason));
        output.WriteLine();
        Text.WriteTable(output, ["PLAN", "RULES"], view.Plans.Select(p => new[] { p.Name, Text.Number(p.Rules) }));
    }

    public static void Write(TextWriter output, ProfileExplainView view)
    {
        Text.WriteFields(output, ("Plan", view.Plan), ("At", view.At), ("Precedence", view.Precedence), ("Addressed for", view.Role));
        foreach (var (code, description) in view.Codes) output.WriteLine(Text.Printable($"SIC {code}{(description is null ? "" : ": " + description)}"));
        if (view.Unprofiled is { } reason) output.WriteLine(Text.Printable($"unprofiled: {reason}{(view.Fault is null ? "" : ": " + view.Fault)}"));
        foreach (var match in view.Matches) output.WriteLine(Text.Printable($"rule {match.Rule}: {string.Join(", ", match.Reasons)}"));
        foreach (var addressee in view.Addressees) output.WriteLine(Text.Printable($"{addressee.Role} {addressee.Address}"));
    }

    public static void Write(TextWriter output, ProfileSimulationView view)
    {
        Text.WriteFields(output, ("Plan", view.Plan), ("Against", view.Against), ("Messages", Text.Number(view.Messages)), ("Unprofiled", Text.Number(view.Unprofiled.Count)));
        output.WriteLine();
        Text.WriteTable(output, ["RULE", "MESSAGES"], view.Rules.Select(r => new[] { r.Rule, Text.Number(r.Messages) }));
        output.WriteLine();
        Text.WriteTable(output, ["ADDRESSEE", "ACTION", "INFO"], view.Addressees.Select(a => new[] { a.Address, Text.Number(a.Action), Text.Number(a.Information) }));
        output.WriteLine();
        Text.WriteTable(output, ["SIC", "MESSAGES", "DESCRIPTION"], view.Codes.Select(c => new[] { c.Code, Text.Number(c.Messages), c.Description ?? "" }));
        if (view.Unprofiled.Count > 0) output.WriteLine();
        foreach (var message in view.Unprofiled) output.WriteLine(Text.Printable($"unprofiled {message.File}: {message.Reason}{(message.Fault is null ? "" : ": " + message.Fault)}"));
        if (view.Differences is null) return;
        output.WriteLine();
        output.WriteLine($"{Text.Number(view.Differences.Count)} messages go elsewhere");
        foreach (var difference in view.Differences)
        {
            output.WriteLine(Text.Printable(difference.File));
            foreach (var line in difference.Before.Except(difference.After, StringComparer.Ordinal)) output.WriteLine(Text.Printable("  - " + line));
            foreach (var line in difference.After.Except(difference.Before, StringComparer.Ordinal)) output.WriteLine(Text.Printable("  + " + line));
        }
    }
}
