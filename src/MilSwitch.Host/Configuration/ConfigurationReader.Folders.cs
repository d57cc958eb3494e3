using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Messages;
using MilSwitch.Host.Folders;
using MilSwitch.Smtp.Server;

namespace MilSwitch.Host.Configuration;

/// <summary>Folders whose files are messages to be sent.</summary>
public static partial class ConfigurationReader
{
    private const int LongestFolderName = 64;
    private const int MostFolders = 100;

    /// <param name="source">The file.</param>
    /// <param name="root">Its whole.</param>
    /// <param name="listeners">By whose rules files may be judged.</param>
    /// <param name="addresses">Gets what each folder may write as.</param>
    private static ImmutableArray<WatchedFolder> ReadFolders(ConfigurationSource source, Section root, ImmutableArray<SmtpListenerSettings> listeners, Dictionary<string, MailboxSet> addresses)
    {
        var folders = ImmutableArray.CreateBuilder<WatchedFolder>();
        foreach (var section in Mappings(source, root, "folders", "must be a mapping with name, path and listener"))
        {
            var folder = ReadFolder(source, section, listeners, addresses);
            section.Finish();
            if (folder is null) continue;
            if (folders.Any(f => f.Name == folder.Name)) section.Reject("name", $"'{folder.Name}' is given to another folder already");
            else if (folders.FirstOrDefault(f => f.Path == folder.Path) is { } same) section.Reject("path", $"folder '{same.Name}' has the same path");
            else folders.Add(folder);
        }

        if (folders.Count > MostFolders) root.Reject("folders", $"there are more than {MostFolders}");
        return folders.ToImmutable();
    }

    private static WatchedFolder? ReadFolder(ConfigurationSource source, Section section, ImmutableArray<SmtpListenerSettings> listeners, Dictionary<string, MailboxSet> addresses)
    {
        var defaults = new WatchedFolder("", "", "");
        var name = section.RequiredText("name");
        if (name is not null && (name.Length > LongestFolderName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')))
            section.Reject("name", $"'{name}' is not a name of up to {LongestFolderName} letters, digits, hyphens, dots and underscores");
        var path = section.RequiredText("path") is { } text ? source.FullPath(text) : null;
        if (!OperatingSystem.IsLinux()) section.Reject("path", "folders are watched on Linux only");
        else if (path is not null && Try(path) is { } fault) section.Reject("path", $"'{section.Text("path")}' {fault}");
        if (!section.Has("listener")) section.RequiredText("listener");
        var listener = SubmissionListener(section, "listener", listeners);
        MailboxSet? permitted = null;
        if (section.Has("addresses") && !MailboxSet.TryRead(section.Texts("addresses"), out permitted, out var wrong))
            section.Reject("addresses", $"'{wrong}' is not a mail address, *@domain or *@*.domain");
        var from = ReadAddress(section, "from", required: false);
        if (from is not null && permitted?.Contains(from) is false) section.Reject("from", $"'{from.Text}' is none of addresses");
        if (name is not null && permitted is not null) addresses[Origin.Folder + name] = permitted;
        var folder = defaults with
        {
            From = from,
            To = ReadAddresses(section, "to"),
            Interval = section.Duration("interval", defaults.Interval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            MaximumSize = section.Size("max-size", defaults.MaximumSize, 1 << 10, 64 << 20),
            Delete = section.Keyword("taken", false, ("move", false), ("delete", true)),
        };
        return name is null || path is null || listener is null ? null : folder with { Name = name, Path = path, Listener = listener };

        static string? Try(string path)
        {
            try
            {
                return FolderRound.Fault(path);
            }
            catch (IOException)
            {
                return "can't be looked at by this user";
            }
        }
    }
}
