using System.CommandLine;
using MilSwitch.Host.Configuration;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Commands;

/// <summary>Reads the policies that options name; a fault names the option, the file and everything that is wrong in it.</summary>
internal static class PolicySource
{
    private const int MostFiles = 1_000;
    private const int MostOctets = 64 << 20;

    public static Option<string[]> Spif(string description) => TrustOptions.Files("--spif", description + ": SPIF in XML or ASN.1");

    /// <summary>The policies of all files, and of the files in folders that end in .xml, .spif or .der.</summary>
    /// <exception cref="CommandFault">One can't be read, is refused, or two are of the same policy.</exception>
    public static PolicySet Read(CommandEnvironment environment, string option, string[]? paths)
    {
        var policies = new Dictionary<string, (SecurityPolicy Policy, string File)>(StringComparer.Ordinal);
        foreach (var file in (paths ?? []).SelectMany(p => Files(option, p)))
        {
            SecurityPolicy policy;
            try
            {
                policy = ReadOne(MessageFile.Read(environment, option, file));
            }
            catch (PolicyRefusedException refused)
            {
                throw new CommandFault(ExitCodes.NotFound, string.Join('\n', refused.Problems.Select(p => $"{option}: {Problem(file, p)}")));
            }

            if (!policies.TryAdd(policy.Id, (policy, file)) && policies[policy.Id].Policy.Digest != policy.Digest)
                throw new CommandFault(ExitCodes.WrongUse, $"{option}: {file}: policy {policy.Id} is in {policies[policy.Id].File} already");
        }

        return new PolicySet([.. policies.Values.Select(p => p.Policy)]);
    }

    /// <summary>The one policy that an option names.</summary>
    /// <exception cref="CommandFault">It can't be read, or there are several.</exception>
    public static SecurityPolicy ReadSingle(CommandEnvironment environment, string option, string path) =>
        Read(environment, option, [path]).All is [var only] ? only : throw new CommandFault(ExitCodes.WrongUse, $"{option}: {path}: exactly one policy is needed");

    /// <exception cref="PolicyRefusedException">It is no policy, or has no single meaning.</exception>
    public static SecurityPolicy ReadOne(ReadOnlyMemory<byte> document)
    {
        if (document.Length > MostOctets) throw new PolicyRefusedException([new PolicyProblem(0, 0, "the document is larger than any policy")]);
        return PolicyFile.Read(document);
    }

    /// <summary><c>FILE:line: what is wrong</c>; in ASN.1 there are octets instead of lines.</summary>
    public static string Problem(string file, PolicyProblem problem) => problem switch
    {
        { Line: > 0 } => $"{file}:{Text.Number(problem.Line)}: {problem.Text}",
        { Octet: >= 0 } => $"{file}: octet {Text.Number(problem.Octet)}: {problem.Text}",
        _ => $"{file}: {problem.Text}",
    };

    private static string[] Files(string option, string path)
    {
        if (!Directory.Exists(path)) return [path];
        string[] files = [.. Directory.GetFiles(path).Where(f => Path.GetExtension(f).ToUpperInvariant() is ".XML" or ".SPIF" or ".DER" && !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];
        return files.Length switch
        {
            0 => throw new CommandFault(ExitCodes.NotFound, $"{option}: {path}: no policy in it"),
            > MostFiles => throw new CommandFault(ExitCodes.NotFound, $"{option}: {path}: more than {MostFiles} files"),
            _ => files,
        };
    }
}
