using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MilSwitch.Domain.Delivery;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Folders;
using MilSwitch.Host.Submission;
using MilSwitch.Testing;

namespace MilSwitch.Host.Tests;

/// <summary>Files that become messages, by the real switch and its store.</summary>
public sealed class FolderTests
{
    private const string Message = "From: watch@a.example\nTo: ops@b.example\nMessage-ID: <1@a.example>\nSubject: from a file\n\ntext\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Takes_what_is_renamed_into_the_folder_and_moves_it_to_done()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1s"));
        var folder = Path.Combine(stage.Files.Folder, "drop");
        await File.WriteAllTextAsync(Path.Combine(folder, ".half.eml"), Message);
        await File.WriteAllTextAsync(Path.Combine(folder, "half.tmp"), Message);
        File.Move(Path.Combine(folder, "half.tmp"), Path.Combine(folder, "whole.eml"));
        await Eventually.ComesTrueAsync(() => File.Exists(Path.Combine(folder, "done/whole.eml")), Patience, "the file is in done");
        var stored = Assert.Single(await stage.MessagesAsync());
        Assert.Equal(("msa", "folder:drop", "watch@a.example"), (stored.Envelope.Origin.Listener, stored.Envelope.Origin.AuthenticatedAs, stored.Envelope.ReversePath.ToString()));
        await stage.WaitForAsync(stored.Id, m => m.State == MessageState.Done);
        Assert.EndsWith("\r\n\r\ntext\r\n", PostStage.Text(Assert.Single(await stage.Sink.WaitForAsync(1, Patience))), StringComparison.Ordinal);
        Assert.Equal(["half.eml", "whole.eml"], Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f).TrimStart('.')).Order(StringComparer.Ordinal));
        await Eventually.ComesTrueAsync(async () => (await stage.Spool.ListDocumentsAsync(FolderLedger.Kind)).Count is 0, Patience, "the entry is forgotten");
    }

    [Fact]
    public async Task Takes_no_file_twice_when_a_crash_came_between_commit_and_move()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1h"));
        var (folder, round) = Round(stage);
        var file = Path.Combine(folder.Path, "a.eml");
        // Without a Message-ID nothing else would know it again.
        await File.WriteAllTextAsync(file, Message.Replace("Message-ID: <1@a.example>\n", "", StringComparison.Ordinal));
        var crashing = round();
        crashing.Committed = _ => throw new InvalidOperationException("the process ends here");
        await Assert.ThrowsAsync<InvalidOperationException>(() => crashing.RunAsync(folder, default));
        Assert.True(File.Exists(file));
        Assert.Single(await stage.Spool.ListDocumentsAsync(FolderLedger.Kind));

        await round().RunAsync(folder, default);
        Assert.True(File.Exists(Path.Combine(folder.Done, "a.eml")));
        Assert.Single(await stage.MessagesAsync());
        Assert.Empty(await stage.Spool.ListDocumentsAsync(FolderLedger.Kind));

        // The same octets under the same name, later: another message.
        await File.WriteAllTextAsync(file, Message.Replace("Message-ID: <1@a.example>\n", "", StringComparison.Ordinal));
        await round().RunAsync(folder, default);
        Assert.Equal(2, (await stage.MessagesAsync()).Count);
        Assert.True(File.Exists(Path.Combine(folder.Done, "a.1.eml")));
    }

    [Fact]
    public async Task Takes_another_file_of_the_same_name_after_a_crash()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1h"));
        var (folder, round) = Round(stage);
        var file = Path.Combine(folder.Path, "a.eml");
        await File.WriteAllTextAsync(file, Message);
        var crashing = round();
        crashing.Committed = _ => throw new InvalidOperationException("the process ends here");
        await Assert.ThrowsAsync<InvalidOperationException>(() => crashing.RunAsync(folder, default));
        await File.WriteAllTextAsync(file + ".new", Message.Replace("<1@", "<2@", StringComparison.Ordinal));
        File.Move(file + ".new", file, overwrite: true);
        await round().RunAsync(folder, default);
        Assert.Equal(["<1@a.example>", "<2@a.example>"], (await stage.MessagesAsync()).Select(m => m.MessageIdField).Order(StringComparer.Ordinal));

        // An entry whose file is gone is forgotten at the next start.
        await File.WriteAllTextAsync(file, Message.Replace("<1@", "<3@", StringComparison.Ordinal));
        await Assert.ThrowsAsync<InvalidOperationException>(() => crashing.RunAsync(folder, default));
        File.Delete(file);
        await new FolderLedger(stage.Spool, "n1").SweepAsync(folder, default);
        Assert.Empty(await stage.Spool.ListDocumentsAsync(FolderLedger.Kind));
    }

    [Theory]
    [InlineData("From: a@a.example\n\ntext\n", "To: there is no recipient (MISSING)\n")]
    [InlineData("To: ops@b.example\n\ntext\n", "From: the author is missing (MISSING)\n")]
    [InlineData("From: a@a.example\nTo: b@nowhere.example\n\ntext\n", "550 5.1.1 Recipient refused: <b@nowhere.example>\n")]
    [InlineData("From: a@a.example\nTo: b@b.example\nMMHS-Subject-Indicator-Codes: SDM; XY\n\ntext\n", "550 5.6.0 MMHS-Subject-Indicator-Codes, octet 7: a subject indicator code has 3 to 8 characters (MMHS-SIC-LENGTH)\n")]
    [InlineData("From: a@a.example\nTo: b@b.example\n\none\rtwo\n", "message: line 4 has a carriage return that ends no line (MALFORMED)\n")]
    public async Task Moves_what_is_refused_aside_with_the_reason(string message, string reason)
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1h"));
        var (folder, round) = Round(stage);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "bad.eml"), message);
        await round().RunAsync(folder, default);
        Assert.Equal(message, await File.ReadAllTextAsync(Path.Combine(folder.Refused, "bad.eml")));
        Assert.Equal(reason, await File.ReadAllTextAsync(Path.Combine(folder.Refused, "bad.eml.reason")));
        Assert.Empty(await stage.MessagesAsync());
    }

    [Fact]
    public async Task Refuses_links_folders_pipes_and_what_is_too_large()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1h, max-size: 1KiB"));
        var (folder, round) = Round(stage);
        var secret = stage.Files.Write("secret.eml", Message);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "link.eml"), secret);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "nowhere.eml"), "/nowhere");
        Directory.CreateDirectory(Path.Combine(folder.Path, "folder.eml"));
        Assert.Equal(0, MakePipe(Path.Combine(folder.Path, "pipe.eml"), 0b110_000_000));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "large.eml"), Message + new string('x', 1024));
        await round().RunAsync(folder, default);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path, "*.eml"));
        Assert.Equal(
            ["folder.eml.reason", "large.eml.reason", "link.eml.reason", "nowhere.eml.reason", "pipe.eml.reason"],
            Directory.EnumerateFiles(folder.Refused, "*.reason").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Equal("it is larger than 1 KiB\n", await File.ReadAllTextAsync(Path.Combine(folder.Refused, "large.eml.reason")));
        Assert.True(File.Exists(secret));
        Assert.Empty(await stage.MessagesAsync());
    }

    [Fact]
    public async Task Leaves_for_later_what_the_switch_does_not_take_now()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1h, taken: delete") + "\nrates: { messages-per-client-and-minute: 1 }");
        var (folder, round) = Round(stage);
        foreach (var number in (string[])["1", "2"]) await File.WriteAllTextAsync(Path.Combine(folder.Path, number + ".eml"), Message.Replace("<1@", $"<{number}@", StringComparison.Ordinal));
        await round().RunAsync(folder, default);
        Assert.Single(await stage.MessagesAsync());
        Assert.True(File.Exists(Path.Combine(folder.Path, "2.eml")));
        Assert.Empty(Directory.EnumerateFiles(folder.Done));
        Assert.Empty(Directory.EnumerateFiles(folder.Refused));
    }

    [Fact]
    public async Task Keeps_to_the_addresses_of_the_folder()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1h, from: watch@a.example, addresses: [watch@a.example], to: [b@b.example]"));
        var (folder, round) = Round(stage);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "forged.eml"), "From: boss@a.example\n\ntext\n");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "plain.eml"), "Subject: nobody wrote it\n\ntext\n");
        await round().RunAsync(folder, default);
        Assert.Equal("550 5.7.1 From or Sender not permitted for this account\n", await File.ReadAllTextAsync(Path.Combine(folder.Refused, "forged.eml.reason")));
        var stored = Assert.Single(await stage.MessagesAsync());
        await stage.WaitForAsync(stored.Id, m => m.State == MessageState.Done);
        Assert.Equal("watch@a.example", Assert.Single(await stage.Sink.WaitForAsync(1, Patience)).Field("From"));
    }

    [Fact]
    public async Task Raises_an_alarm_when_the_folder_can_be_written_by_everyone()
    {
        await using var stage = await PostStage.StartAsync(f => Folder(f, "interval: 1s"));
        var folder = Path.Combine(stage.Files.Folder, "drop");
        var mode = File.GetUnixFileMode(folder);
        File.SetUnixFileMode(folder, mode | UnixFileMode.OtherWrite);
        await Eventually.ComesTrueAsync(async () => (await stage.Operator.AlarmsOfAllAsync(default)).Any(a => a.Alarm.Id == "folder:drop"), Patience, "the alarm stands");
        File.SetUnixFileMode(folder, mode);
        await Eventually.ComesTrueAsync(async () => (await stage.Operator.AlarmsOfAllAsync(default)).All(a => a.Alarm.Id != "folder:drop"), Patience, "the alarm is gone");
    }

    [Fact]
    public void Reports_every_problem_of_the_settings()
    {
        using var files = new ConfigurationFiles();
        var open = Directory.CreateDirectory(Path.Combine(files.Folder, "open")).FullName;
        File.SetUnixFileMode(open, (UnixFileMode)0b111_111_111);
        Directory.CreateSymbolicLink(Path.Combine(files.Folder, "link"), open);
        Assert.Equal(
            [
                "7: folders[0].path: 'open' can be written by everyone on this machine; take that right away (chmod o-w)",
                "7: folders[0].listener: listener 'mta' is not for submission",
                "8: folders[1].name: 'a b' is not a name of up to 64 letters, digits, hyphens, dots and underscores",
                "8: folders[1].path: 'link' is not a folder",
                "8: folders[1].listener: there is no listener 'none'",
                "9: folders[2].path: 'nowhere' does not exist",
                "9: folders[2].listener: is missing",
                "9: folders[2].from: 'x@b.example' is none of addresses",
            ],
            files.Problems(ConfigurationFiles.Minimum + """

                folders:
                  - { name: a, path: open, listener: mta }
                  - { name: a b, path: link, listener: none }
                  - { name: c, path: nowhere, from: x@b.example, addresses: ["*@a.example"] }
                """));
    }

    [Fact]
    [Trait("Threat", "F1")]
    public async Task A_killed_node_takes_every_file_once()
    {
        using var work = new Workspace("drop");
        await using var sink = SinkServer.Start(new SinkOptions());
        var drop = Directory.CreateDirectory(work["drop"]).FullName;
        File.SetUnixFileMode(drop, (UnixFileMode)0b111_000_000);
        const int files = 120;
        await using var node = await SwitchProcess.StartAsync(work.Folder, new SwitchSetup
        {
            DataFolder = work["data"], Routes = [], Whole = $$"""
                node: { name: n1, data: data }
                listeners: [{ name: msa, endpoint: "127.0.0.1:0", role: submission }]
                folders: [{ name: drop, path: drop, listener: msa, interval: 1s }]
                duplicates: { enabled: false }
                routes: [{ match: "*", next-hop: "127.0.0.1:{{sink.Port}}", tls: { mode: none } }]

                """,
        });
        for (var i = 0; i < files; i++)
        {
            await File.WriteAllTextAsync(Path.Combine(drop, "tmp"), $"From: a@a.example\nTo: b@b.example\nMessage-ID: <{i}@a.example>\n\ntext\n");
            File.Move(Path.Combine(drop, "tmp"), Path.Combine(drop, $"{i:000}.eml"));
        }

        var done = Path.Combine(drop, "done");
        for (var killed = 0; killed < 3; killed++)
        {
            var before = Done();
            await Eventually.ComesTrueAsync(() => Done() > Math.Min(before + 5, files - 1), Patience, "some files are done");
            await node.KillAsync();
            await node.StartAsync();
        }

        await Eventually.ComesTrueAsync(() => Done() == files, Patience, "all files are done");
        await Eventually.ComesTrueAsync(() => Ids().Distinct().Count() == files, Patience, "all messages have arrived");
        // What was sent when the node died may be sent again, and says so; a second acceptance would not.
        Assert.Equal(files, sink.Transactions.Where(t => t.Accepted).Select(t => t.Field("Received")!.Split(' ')[3]).Distinct(StringComparer.Ordinal).Count());

        int Done() => Directory.Exists(done) ? Directory.EnumerateFiles(done).Count() : 0;
        IEnumerable<string> Ids() => sink.Transactions.Where(t => t.Accepted).Select(t => t.Field("Message-ID")!);
    }

    private static string Folder(ConfigurationFiles files, string further)
    {
        Directory.CreateDirectory(Path.Combine(files.Folder, "drop"), (UnixFileMode)0b111_101_000);
        return $"folders: [{{ name: drop, path: drop, listener: msa, {further} }}]";
    }

    private static (WatchedFolder Folder, Func<FolderRound> Round) Round(PostStage stage)
    {
        var configuration = stage.Service<Running.ConfigurationHolder>().Current;
        // Beside the one that the node looks into, so that only the test does.
        var hand = Directory.CreateDirectory(Path.Combine(stage.Files.Folder, "hand"), (UnixFileMode)0b111_101_000).FullName;
        return (Assert.Single(configuration.Folders) with { Path = hand }, () => new FolderRound(
            stage.Service<SubmissionDesk>(), new FolderLedger(stage.Spool, configuration.Switch.Node), configuration.Switch.HostName, TimeProvider.System, new FolderLog(NullLogger<FolderLog>.Instance)));
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    private static extern int MakePipe(string path, uint mode);
}
