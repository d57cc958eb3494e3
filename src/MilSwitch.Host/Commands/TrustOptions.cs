using System.CommandLine;
using System.Globalization;
using MilSwitch.Smime.Algorithms;
using MilSwitch.Smime.Certificates;

namespace MilSwitch.Host.Commands;

/// <summary>The options that say what is believed in and as of when, alike in every command that judges signatures.</summary>
internal sealed class TrustOptions
{
    private readonly Option<string[]> anchors = Files("--anchors", "Certificates that are believed; nothing else is, and never the system's store");
    private readonly Option<string[]> certificates = Files("--certs", "Further certificates on the way to an anchor");
    private readonly Option<string[]> lists = Files("--crls", "Revocation lists and OCSP responses");
    private readonly Option<string?> at = Time();
    private readonly Option<string> suite = new("--suite") { Description = "Algorithms accepted: default, legacy or cnsa2", DefaultValueFactory = _ => "default" };
    private readonly Option<string> revocation = new("--revocation") { Description = "An unknown status is refused (require), is not (if-known), or nothing is looked up (off)", DefaultValueFactory = _ => "if-known" };

    public TrustOptions()
    {
        suite.AcceptOnlyFromAmong([.. AlgorithmSuite.All.Select(s => s.Name)]);
        revocation.AcceptOnlyFromAmong("require", "if-known", "off");
    }

    /// <summary>Holds the password of PKCS#12 and other closed files.</summary>
    public Option<string?> PasswordFile { get; } = new("--password-file") { Description = "Holds the password of PKCS#12 files", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { anchors, certificates, lists, PasswordFile, at, suite, revocation }) command.Options.Add(option);
    }

    /// <summary>Everything that is at hand to judge by.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="reader">Reads the files.</param>
    /// <param name="beside">Certificates that came with what is judged; they only help.</param>
    /// <exception cref="CommandFault">A file can't be read.</exception>
    public TrustMaterial ReadTrust(ParseResult arguments, CertificateSource reader, IEnumerable<Certificate> beside)
    {
        var anchored = reader.ReadAll("--anchors", arguments.GetValue(anchors));
        var helping = reader.ReadAll("--certs", arguments.GetValue(certificates));
        var all = anchored.Concat(helping).Concat(reader.ReadAll("--crls", arguments.GetValue(lists))).ToArray();
        return new TrustMaterial(
            anchored.SelectMany(c => c.Certificates), beside.Concat(helping.SelectMany(c => c.Certificates)), all.SelectMany(c => c.RevocationLists), all.SelectMany(c => c.OcspResponses));
    }

    /// <summary>Somebody is believed.</summary>
    public bool HasAnchors(ParseResult arguments) => arguments.GetValue(anchors) is { Length: > 0 };

    /// <summary>The time to judge by is said.</summary>
    public bool IsTimeGiven(ParseResult arguments) => arguments.GetValue(at) is not null;

    public static Option<string?> Time() => new("--at") { Description = "Judge as of this time instead of now", HelpName = "TIME" };

    /// <exception cref="CommandFault">It is no time.</exception>
    public DateTimeOffset ReadAt(ParseResult arguments) => ReadTime(arguments.GetValue(at));

    /// <exception cref="CommandFault">It is no time.</exception>
    public static DateTimeOffset ReadTime(string? text)
    {
        if (text is null) return TimeProvider.System.GetUtcNow();
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new CommandFault(ExitCodes.WrongUse, $"--at: '{text}' is no time; write it as 2026-01-31T12:00:00Z");
    }

    public AlgorithmSuite ReadSuite(ParseResult arguments) => AlgorithmSuite.Find(arguments.GetRequiredValue(suite))!;

    public RevocationMode ReadRevocation(ParseResult arguments) =>
        arguments.GetRequiredValue(revocation) switch { "require" => RevocationMode.Require, "off" => RevocationMode.Off, _ => RevocationMode.IfKnown };

    /// <summary>An option that takes files and folders.</summary>
    public static Option<string[]> Files(string name, string description) => new(name)
    {
        Description = description + "; files or folders", HelpName = "PATH", AllowMultipleArgumentsPerToken = true,
    };
}
