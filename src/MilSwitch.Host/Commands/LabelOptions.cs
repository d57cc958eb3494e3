using System.CommandLine;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Commands;

/// <summary>What the commands about labels have in common. One for each command.</summary>
internal sealed class LabelOptions(CommandEnvironment environment)
{
    private readonly Option<bool> json = new("--json") { Description = "Print the answer as JSON" };
    private readonly Option<string> output = new("--output") { Description = "text or json", DefaultValueFactory = _ => "text" };
    private readonly Option<bool> explain = new("--explain") { Description = "Tell every step: which rule, what was needed, what was there" };
    private Option<string[]>? policies;

    public static Argument<string> Label(string name) => new(name)
    {
        Description = "A file, '-' for standard input, or the label itself as text: ESSSecurityLabel in DER, base64, hexadecimal or PEM; an SIO-Label field; XML; POLICY-OID:CLASSIFICATION[:PRIVACY-MARK]; a marking of a policy",
    };

    public static Option<string?> Format(string name, string description, string[] words, bool required = false)
    {
        var option = new Option<string?>(name) { Description = description, Required = required, HelpName = "FORM" };
        option.AcceptOnlyFromAmong(words);
        return option;
    }

    public static Option<string?> Language() => new("--lang") { Description = "Language of the marking, such as en or fr; without, what the policy says for none", HelpName = "TAG" };

    public static Option<string?> File() => new("-o") { Description = "Where the label goes; without, standard output", HelpName = "FILE" };

    public Option<string[]> Policies(string description, bool required = false)
    {
        policies = PolicySource.Spif(description);
        policies.Required = required;
        return policies;
    }

    public void AddTo(Command command, Option<string[]>? spif, bool json = true)
    {
        if (spif is not null) command.Options.Add(spif);
        if (!json) return;
        output.AcceptOnlyFromAmong("text", "json");
        command.Options.Add(this.json);
        command.Options.Add(output);
    }

    public void AddExplain(Command command) => command.Options.Add(explain);

    public bool IsJson(ParseResult arguments) => arguments.GetValue(json) || arguments.GetValue(output) is "json";

    public bool IsExplained(ParseResult arguments) => arguments.GetValue(explain);

    public PolicySet ReadPolicies(ParseResult arguments) => PolicySource.Read(environment, "--spif", policies is null ? null : arguments.GetValue(policies));
}
