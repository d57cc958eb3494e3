using System.CommandLine;
using MilSwitch.Smime.Algorithms;

namespace MilSwitch.Host.Commands;

/// <summary>What all commands on protected messages have in common.</summary>
internal sealed class SmimeOptions
{
    private readonly Option<string> suite = new("--suite") { Description = "Algorithms: default, legacy (reads old mail) or cnsa2", DefaultValueFactory = _ => "default" };
    private readonly Option<string?> pinFile = new("--pin-file") { Description = "Holds the PIN of a pkcs11: key's token", HelpName = "FILE" };
    private Argument<string?>? input;

    public bool IsInputOptional { get; init; }

    public Argument<string?> Input => input ??= new Argument<string?>("IN")
    {
        Description = "The message: RFC 5322, with CRLF or the line ends of this machine; '-' for standard input",
        Arity = IsInputOptional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
    };

    public Option<string?> Output { get; } = new("-o", "--output") { Description = "Where the result goes; without, standard output", HelpName = "FILE" };

    public Option<string?> PasswordFile { get; } = new("--password-file") { Description = "Holds the password of PKCS#12 files and encrypted keys", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        suite.AcceptOnlyFromAmong([.. AlgorithmSuite.All.Select(s => s.Name)]);
        foreach (var option in new Option[] { Output, suite, PasswordFile, pinFile }) command.Options.Add(option);
    }

    public AlgorithmSuite Suite(ParseResult arguments) => AlgorithmSuite.Find(arguments.GetRequiredValue(suite))!;

    public KeySource Keys(ParseResult arguments, CommandEnvironment environment) => new(environment, arguments.GetValue(PasswordFile), arguments.GetValue(pinFile));
}
