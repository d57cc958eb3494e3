using System.Text.RegularExpressions;
using MilSwitch.Host.Commands;

namespace MilSwitch.Host.Tests;

/// <summary>What the reference of the command line tells is there.</summary>
public sealed partial class CommandReferenceTests
{
    [Fact]
    public void Every_command_and_option_of_the_reference_exists()
    {
        var environment = CommandEnvironment.Process();
        var verbs = CommandLine.Verbs(environment).Keys.ToHashSet(StringComparer.Ordinal);
        var stale = new List<string>();
        var rows = 0;
        foreach (Match row in CommandRow().Matches(File.ReadAllText(Path.Combine(ConfigurationFiles.Repository, "docs/reference/cli.md"))))
        {
            rows++;
            var words = row.Groups[1].Value.Split(' ').TakeWhile(w => w.Length > 0 && w.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '\\' or '|') && !w.StartsWith('-')).ToArray();
            // One row may tell of several: allow|forbid.
            foreach (var named in words.Length is 0 ? [] : words[^1].Replace("\\", "", StringComparison.Ordinal).Split('|').Select(last => string.Join(' ', words[..^1].Append(last))))
            {
                var verb = verbs.Where(v => v == named || v.StartsWith(named + " ", StringComparison.Ordinal) || named.StartsWith(v + " ", StringComparison.Ordinal)).ToArray();
                if (verb.Length is 0) stale.Add(named);
                foreach (Match option in OptionName().Matches(row.Groups[1].Value).Concat(InTicks().Matches(row.Groups[2].Value).Where(t => t.Groups[1].Value.StartsWith("--", StringComparison.Ordinal)).SelectMany(t => OptionName().Matches(t.Groups[1].Value))))
                {
                    if (verb.Length > 0 && verb.All(v => CommandLine.Misunderstandings([.. v.Split(' '), option.Value], environment).Any(p => p.Contains($"'{option.Value}'", StringComparison.Ordinal) && p.Contains("Unrecognized", StringComparison.Ordinal))))
                        stale.Add($"{named} {option.Value}");
                }
            }
        }

        Assert.True(rows > 80, $"only {rows} commands were found in the reference");
        Assert.Empty(stale);
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex InTicks();

    [GeneratedRegex(@"(?m)^\| `milswitch ([^`]+)`[^|]*\|(.*)$")]
    private static partial Regex CommandRow();

    [GeneratedRegex("--[a-z][a-z0-9-]+")]
    private static partial Regex OptionName();
}
