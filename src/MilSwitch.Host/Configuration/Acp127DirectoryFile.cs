using System.Collections.Immutable;
using MilSwitch.Acp127;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Host.Configuration;

/// <summary>Reads the directory of ACP 127 from YAML: <c>stations</c>, each with <c>name</c> and <c>routing</c>, <c>mail</c> or both.</summary>
public static class Acp127DirectoryFile
{
    /// <param name="file">The path.</param>
    /// <param name="problems">All of them in the order of lines; empty: the directory can be used.</param>
    /// <returns>Null: there are problems.</returns>
    public static Acp127Directory? Read(string file, out ImmutableArray<ConfigurationProblem> problems)
    {
        var found = new List<ConfigurationProblem>();
        var directory = Read(new ConfigurationSource(file, found), found);
        problems = [.. found.OrderBy(p => p.Line)];
        return problems.IsEmpty ? directory : null;
    }

    internal static Acp127Directory? Read(ConfigurationSource source, List<ConfigurationProblem> problems)
    {
        var before = problems.Count;
        if (ConfigurationReader.ReadMap(source, problems, out _) is not { } map) return null;
        var root = new Section(source, map, "");
        var stations = new List<Acp127Station>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        var addresses = new Dictionary<Mailbox, int>();
        if (!root.Has("stations")) root.Reject("stations", "is missing; a directory needs at least one");
        foreach (var (node, path) in root.Items("stations"))
        {
            if (stations.Count == Acp127Directory.MostStations)
            {
                source.Reject(node.Line, path, $"there are more than {Acp127Directory.MostStations} stations");
                break;
            }

            if (node is not YamlMap entry)
            {
                source.Reject(node.Line, path, "must be a mapping with name, and routing, mail or both");
                continue;
            }

            var section = new Section(source, entry, path);
            if (ReadStation(section) is { } station)
            {
                if (!names.TryAdd(station.Name, section.LineOf("name"))) section.Reject("name", $"'{station.Name}' is given twice; first at line {names[station.Name]}");
                else if (station.Mail is { } mail && !addresses.TryAdd(mail, section.LineOf("mail"))) section.Reject("mail", $"'{mail}' is given to another station at line {addresses[mail]}");
                else stations.Add(station);
            }

            section.Finish();
        }

        root.Finish();
        return problems.Count == before ? new Acp127Directory(stations) : null;
    }

    private static Acp127Station? ReadStation(Section section)
    {
        var name = section.RequiredText("name");
        if (name is not null && !Acp127Directory.IsName(name))
        {
            section.Reject("name", $"'{name}' is no plain language address: up to 63 capitals, figures and signs of ITA2, single spaces, and no prosign in front");
            name = null;
        }

        var routing = section.Text("routing");
        if (routing is not null && !Acp127Directory.IsRouting(routing)) section.Reject("routing", $"'{routing}' is no routing indicator of 4 to 7 capitals, R or U first");
        Mailbox? mail = null;
        if (section.Text("mail") is { } text && (!Mailbox.TryParse(text, allowUtf8: false, out mail, out _) || mail.Domain.Length is 0)) section.Reject("mail", $"'{text}' is not a mail address with a domain");
        if (!section.Has("routing") && !section.Has("mail")) section.Reject("routing", "is missing, and so is mail: nothing could ever reach the station");
        return name is null ? null : new Acp127Station(name, routing, mail);
    }
}
