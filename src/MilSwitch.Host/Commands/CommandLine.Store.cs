using System.CommandLine;
using System.Text.Json;
using MilSwitch.Host.Api;

namespace MilSwitch.Host.Commands;

/// <summary>The store.</summary>
public sealed partial class CommandLine
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(300);

    private Command Database()
    {
        var info = Remote("info", "What store the node has, and how it is; exit 1 when it can't be written", async (node, arguments, cancellationToken) =>
        {
            var text = await node.GetAsync("/store", cancellationToken);
            Show(arguments, text, ApiJson.Default.StoreView, view => Text.WriteFields(
                environment.Output, ("provider", view.Provider), ("health", view.Health), ("run", Text.Number(view.Run)), ("used", Text.Number(view.UsedOctets)),
                ("free", view.FreeOctets is { } free ? Text.Number(free) : "only its server knows"), ("sealed", view.Sealed ? "yes" : "no")));
            return Read(text, ApiJson.Default.StoreView).Health == "ready" ? ExitCodes.Done : ExitCodes.Bad;
        });
        Example(info, "milswitch db info");

        var every = new Option<bool>("--all") { Description = "What is done too, as far as its content is kept" };
        var check = Remote("check", "Read every content that waits and hold it against its checksum; exit 1 when one is damaged, missing or can't be read", async (node, arguments, cancellationToken) =>
        {
            var (read, damaged, unreadable) = (0, new List<string>(), new List<string>());
            using (var progress = new Progress(environment, "read"))
            {
                string? before = null;
                do
                {
                    var page = Read(await node.GetAsync("/store/check" + Query(("before", before), ("all", arguments.GetValue(every) ? "true" : null)), cancellationToken), ApiJson.Default.StoreCheckView);
                    read += page.Read;
                    damaged.AddRange(page.Damaged);
                    unreadable.AddRange(page.Unreadable);
                    before = page.Next;
                    progress.Show(read, null);
                }
                while (before is not null);
            }

            var whole = new StoreCheckView(read, damaged, unreadable, null);
            if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(whole, ApiJson.Default.StoreCheckView));
            else Text.WriteTable(environment.Output, ["ID", "FAULT"], [.. damaged.Select(d => new[] { d, "damaged or missing" }), .. unreadable.Select(u => new[] { u, "can't be read now" })]);
            environment.Error.WriteLine($"milswitch: {Text.Number(read)} read, {Text.Number(damaged.Count)} damaged or missing, {Text.Number(unreadable.Count)} can't be read now");
            return damaged.Count + unreadable.Count is 0 ? ExitCodes.Done : ExitCodes.Bad;
        });
        check.Options.Add(every);
        Example(check, "milswitch db check");
        return new Command("db", "The store") { info, check, Backup() };
    }

    private Command Backup()
    {
        var target = new Argument<string>("TARGET") { Description = "A folder on the node's machine that is empty or not there, and where the node may write" };
        var command = Remote("backup", "A copy of the store while the node runs, all of one moment; restored, it sends nothing before somebody lets it. Exit 6 for a store in PostgreSQL, which has tools of its own", async (node, arguments, cancellationToken) =>
        {
            // Whoever may not learns it before anything is made, and so does whoever asks another node's version.
            await node.GetAsync("/store/backup", cancellationToken);
            var folder = System.IO.Path.GetFullPath(arguments.GetRequiredValue(target));
            var text = await node.SendAsync(HttpMethod.Post, "/store/backup", new StoreCopyRequest(folder, arguments.GetRequiredValue(reason)), ApiJson.Default.StoreCopyRequest, Conditions(arguments), cancellationToken);
            var copy = Read(text, ApiJson.Default.StoreCopyView);
            using (var progress = new Progress(environment, "copied"))
            {
                while (copy.State is "running" && copy.Folder == folder)
                {
                    progress.Show(copy.DoneOctets, copy.AllOctets > 0 ? copy.AllOctets : null);
                    await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
                    copy = Read(text = await node.GetAsync("/store/backup", cancellationToken), ApiJson.Default.StoreCopyView);
                }
            }

            Show(arguments, text, ApiJson.Default.StoreCopyView, view => Text.WriteFields(
                environment.Output, ("state", view.State), ("folder", view.Folder ?? "-"), ("octets", Text.Number(view.DoneOctets)), ("problem", Text.Printable(view.Problem ?? "-"))));
            return copy.State is "made" && copy.Folder == folder ? ExitCodes.Done : ExitCodes.Bad;
        });
        command.Arguments.Add(target);
        command.Options.Add(reason);
        command.Options.Add(key);
        return Example(command, "milswitch db backup /var/backups/milswitch/monday --reason 'before the upgrade'");
    }
}
