using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MilSwitch.Host.Api;
using MilSwitch.Smime.Inspection;

namespace MilSwitch.Host.Commands;

/// <summary>The audit trails: searched and exported by a node, proved by anybody.</summary>
public sealed partial class CommandLine
{
    private Command Audit() => new("audit", "The audit trails and what proves them") { AuditSearch(), AuditSeen(), AuditCheckpoints(), AuditExport(), AuditVerify() };

    private Command AuditSearch()
    {
        var from = new Option<string?>("--from") { Description = "At this time or later, or since how long ago, such as 8h", HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Before this time, or until how long ago", HelpName = "TIME" };
        var kind = new Option<string?>("--kind") { Description = "Of these kinds, separated by commas", HelpName = "KINDS" };
        var actor = new Option<string?>("--actor") { Description = "Done by this person", HelpName = "NAME" };
        var message = new Option<string?>("--message") { Description = "About this message", HelpName = "ID" };
        var text = new Option<string?>("--text") { Description = "With this in the detail", HelpName = "TEXT" };
        var (after, limit) = PageOptions();
        var command = Remote("search", "Records of the trails of all nodes, newest first; exit 3 when there is none", async (node, arguments, cancellationToken) => ShowRecords(arguments, await node.GetAsync(
            "/audit" + Query(
                ("from", arguments.GetValue(from)), ("until", arguments.GetValue(until)), ("kind", arguments.GetValue(kind)), ("actor", arguments.GetValue(actor)), ("message", arguments.GetValue(message)),
                ("text", arguments.GetValue(text)), ("after", arguments.GetValue(after)), ("limit", NumberOf(arguments.GetValue(limit)))), cancellationToken)));
        foreach (var option in new Option[] { from, until, kind, actor, message, text, after, limit }) command.Options.Add(option);
        return Example(command, "milswitch audit search --from 8h --kind viewed,deleted", "milswitch audit search --actor local:1001 --from 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z --json");
    }

    private Command AuditSeen()
    {
        var message = new Argument<string?>("ID") { Description = "Of the message: who saw it, or took evidence about it", Arity = ArgumentArity.ZeroOrOne };
        var person = new Option<string?>("--by") { Description = "What this person saw or took out instead", HelpName = "NAME" };
        var (after, limit) = PageOptions();
        var command = Remote("seen", "Who saw what; exit 3 when nobody did", async (node, arguments, cancellationToken) => ShowRecords(arguments, await node.GetAsync(
            "/audit/seen" + Query(("message", arguments.GetValue(message)), ("by", arguments.GetValue(person)), ("after", arguments.GetValue(after)), ("limit", NumberOf(arguments.GetValue(limit)))), cancellationToken)));
        command.Arguments.Add(message);
        foreach (var option in new Option[] { person, after, limit }) command.Options.Add(option);
        return Example(command, "milswitch audit seen 0000G40000040", "milswitch audit seen --by local:1001");
    }

    private Command AuditCheckpoints()
    {
        var trail = new Option<int?>("--trail") { Description = "Of this trail", HelpName = "N" };
        var (after, limit) = PageOptions();
        var command = Remote("checkpoints", "What was signed about the trails, newest first", async (node, arguments, cancellationToken) => Show(
            arguments,
            await node.GetAsync("/audit/checkpoints" + Query(("trail", NumberOf(arguments.GetValue(trail))), ("after", arguments.GetValue(after)), ("limit", NumberOf(arguments.GetValue(limit)))), cancellationToken),
            ApiJson.Default.PageAuditCheckpointView, page => AuditRendering.Write(environment.Output, page)));
        foreach (var option in new Option[] { trail, after, limit }) command.Options.Add(option);
        return Example(command, "milswitch audit checkpoints --limit 20");
    }

    private Command AuditExport()
    {
        var from = new Option<string>("--from") { Description = "At this time or later, or since how long ago", Required = true, HelpName = "TIME" };
        var until = new Option<string?>("--until") { Description = "Before this time; now when absent", HelpName = "TIME" };
        var target = new Option<string?>("--output", "-o") { Description = "A new file; standard output when absent or '-'", HelpName = "FILE" };
        var command = Remote("export", "Records with what proves them, as lines of JSON; audited", async (node, arguments, cancellationToken) =>
        {
            var path = "/audit/export" + Query(("from", arguments.GetRequiredValue(from)), ("until", arguments.GetValue(until)));
            var file = arguments.GetValue(target);
            if (file is null or "-")
            {
                await using var output = environment.OpenOutput();
                await node.CopyAsync(path, output, cancellationToken);
                return ExitCodes.Done;
            }

            var size = await SaveAsync(node, path, file, cancellationToken);
            if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(new SavedFile(file, size), AuditCommandJson.Default.SavedFile));
            else environment.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file}: {size} octets"));
            return ExitCodes.Done;
        });
        foreach (var option in new Option[] { from, until, target }) command.Options.Add(option);
        return Example(command, "milswitch audit export --from 30d > november.jsonl", "milswitch audit export --from 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z -o november.jsonl");
    }

    private Command AuditVerify()
    {
        var what = new Argument<string?>("PATH")
        {
            Description = "An export, a data folder that no node uses, a configuration (for its store), or the folder of 'message custody --export'; absent: the node verifies its store", Arity = ArgumentArity.ZeroOrOne,
        };
        var shipped = new Option<string?>("--shipped") { Description = "Compare with the checkpoints that were shipped into this folder", HelpName = "DIR" };
        var trust = new TrustOptions();
        var command = new Command("verify", "Whether audit trails or exported evidence are what was written; exit 1 when not. With PATH it needs no node and no network") { what, shipped, json };
        trust.AddTo(command);
        address.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(what) is not { } path)
            {
                if (arguments.GetValue(shipped) is not null) throw new CommandFault(ExitCodes.WrongUse, "--shipped belongs to a PATH");
                using var node = address.Open(arguments, environment);
                var text = await node.UnlessBrokenAsync(() => node.GetAsync("/audit/verify", cancellationToken));
                Show(arguments, text, ApiJson.Default.AuditReportView, view => AuditRendering.Write(environment.Output, view));
                return Read(text, ApiJson.Default.AuditReportView).Verdict is "intact" ? ExitCodes.Done : ExitCodes.Bad;
            }

            var reader = new CertificateSource(environment, arguments.GetValue(trust.PasswordFile));
            var options = new InspectionOptions
            {
                Trust = trust.ReadTrust(arguments, reader, []), At = trust.ReadAt(arguments), Suite = trust.ReadSuite(arguments), Revocation = trust.ReadRevocation(arguments),
            };
            if (AuditCheck.IsEvidence(path))
            {
                var verdict = await EvidenceCheck.JudgeAsync(new EvidenceFolder(path), options, trust.HasAnchors(arguments), cancellationToken);
                if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(verdict, EvidenceJson.Default.EvidenceVerdict));
                else HoldingRendering.Write(environment.Output, verdict);
                return verdict.Problems.IsEmpty ? ExitCodes.Done : ExitCodes.Bad;
            }

            var check = new AuditCheck(options, trust.HasAnchors(arguments), isTimeGiven: trust.IsTimeGiven(arguments), arguments.GetValue(shipped), environment);
            var report = await check.JudgeAsync(path, cancellationToken);
            if (arguments.GetValue(json)) environment.Output.WriteLine(JsonSerializer.Serialize(report, ApiJson.Default.AuditReportView));
            else AuditRendering.Write(environment.Output, report);
            return report.Verdict is "intact" ? ExitCodes.Done : ExitCodes.Bad;
        });
        return Example(
            command, "milswitch audit verify", "milswitch audit verify november.jsonl --anchors root.pem", "milswitch audit verify /var/lib/milswitch --anchors root.pem --shipped /mnt/audit",
            "milswitch audit verify /etc/milswitch/milswitch.yaml --anchors root.pem", "milswitch audit verify evidence/ --anchors root.pem");
    }

    private int ShowRecords(ParseResult arguments, string text)
    {
        var page = Read(text, ApiJson.Default.PageAuditRecordView);
        if (arguments.GetValue(json)) environment.Output.WriteLine(text);
        else
        {
            if (page.Items.Count > 0) AuditRendering.Write(environment.Output, page);
            environment.Error.WriteLine(page.Next is not null ? $"milswitch: there may be more; go on with --after {page.Next}" : page.Items.Count is 0 ? "milswitch: no record matches" : "");
        }

        return page.Items.Count > 0 || page.Next is not null ? ExitCodes.Done : ExitCodes.NotFound;
    }

    // What is there already may be evidence.
    private static async Task<long> SaveAsync(NodeClient node, string path, string file, CancellationToken cancellationToken)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using var output = new FileStream(file, options);
            try
            {
                await node.CopyAsync(path, output, cancellationToken);
                return output.Length;
            }
            catch
            {
                File.Delete(file);
                throw;
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(File.Exists(file) ? ExitCodes.Conflict : ExitCodes.NotFound, $"{file}: {fault.Message}");
        }
    }

    private static (Option<string?> After, Option<int?> Limit) PageOptions() => (
        new Option<string?>("--after") { Description = "Go on after this page, as it said", HelpName = "PLACE" },
        new Option<int?>("--limit") { Description = "At most so many; 100 when absent", HelpName = "N" });

    private static string? NumberOf(int? number) => number?.ToString(CultureInfo.InvariantCulture);
}
