using System.Collections.Immutable;
using System.Text;
using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Api;
using MilSwitch.Host.Auditing;
using MilSwitch.Host.Configuration;
using MilSwitch.Smime.Inspection;
using MilSwitch.Storage;
using MilSwitch.Storage.PostgreSql;
using MilSwitch.Storage.Sqlite;

namespace MilSwitch.Host.Commands;

/// <summary>Verifies audit trails where they lie: in an export, in a data folder, in a database. Needs no node.</summary>
/// <param name="options">Whom is believed, and as of when.</param>
/// <param name="hasAnchors">Somebody is: then checkpoints and exports must be signed.</param>
/// <param name="isTimeGiven">Signatures are judged as of the time of the options, and not as of their own.</param>
/// <param name="shipped">Folder with shipped checkpoints; null: there is none.</param>
/// <param name="environment">Where progress is told to a person.</param>
internal sealed class AuditCheck(InspectionOptions options, bool hasAnchors, bool isTimeGiven, string? shipped, CommandEnvironment environment)
{
    private const int MaximumShipped = 1 << 20;

    private long told;

    /// <summary>It is a folder of <c>message custody --export</c>, or nothing.</summary>
    public static bool IsEvidence(string path) => !File.Exists(path) && !File.Exists(Path.Combine(path, "spool.db"));

    /// <exception cref="CommandFault">It can't be read.</exception>
    public async Task<AuditReportView> JudgeAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(path)) return await FolderAsync(path, cancellationToken);
            if (Path.GetExtension(path) is ".yaml" or ".yml") return await ConfiguredAsync(path, cancellationToken);
            return await ExportAsync(path, cancellationToken);
        }
        catch (DataFolderInUseException)
        {
            throw new CommandFault(ExitCodes.Conflict, $"{path} is in use by a node: ask that with 'milswitch audit verify', or verify a copy");
        }
        catch (SpoolUnavailableException fault)
        {
            throw new CommandFault(ExitCodes.Unreachable, $"the store does not answer: {fault.Reason}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandFault(ExitCodes.NotFound, fault.Message);
        }
    }

    private async Task<AuditReportView> FolderAsync(string folder, CancellationToken cancellationToken)
    {
        using var source = SqliteAuditFile.Open(folder);
        return AuditReportView.Of(await VerifyAsync(source, isExtract: false, cancellationToken));
    }

    private async Task<AuditReportView> ConfiguredAsync(string file, CancellationToken cancellationToken)
    {
        var result = ConfigurationReader.Read(file);
        if (result.Configuration is not { } configuration) throw new CommandFault(ExitCodes.NotFound, string.Join('\n', result.Problems));
        if (configuration.Database is not { } database) return await FolderAsync(configuration.DataFolder, cancellationToken);
        await using var source = new PostgreSqlAuditSource(database.Text, TimeProvider.System);
        var report = await VerifyAsync(source, isExtract: false, cancellationToken);
        // Nodes may have pruned under the walk: what is wrong is wrong twice.
        return AuditReportView.Of(report.IsIntact ? report : await VerifyAsync(source, isExtract: false, cancellationToken));
    }

    private async Task<AuditReportView> ExportAsync(string file, CancellationToken cancellationToken)
    {
        using var export = AuditExportFile.Open(file);
        var view = AuditReportView.Of(await VerifyAsync(export, isExtract: true, cancellationToken)) with { Signature = "none", Problem = export.Fault };
        if (export.End is not null && export.Signature is { } signature)
        {
            var at = isTimeGiven || export.Head is null ? options : options with { At = export.Head.At };
            var judged = await DetachedSignature.JudgeAsync("the export", export.EndLine, signature, at, hasAnchors, cancellationToken);
            view = view with { Signature = judged.State, Problem = view.Problem ?? (judged.Fault is { } fault ? $"The signature is not good: {fault}." : null) };
        }
        else if (hasAnchors)
        {
            view = view with { Problem = view.Problem ?? "The export is not signed." };
        }

        return view.Problem is null ? view : view with { Verdict = "broken" };
    }

    private async Task<AuditReport> VerifyAsync(IAuditSource source, bool isExtract, CancellationToken cancellationToken) => await new AuditVerifier(source)
    {
        Judge = AuditJudge.By(options, hasAnchors, atTheirTime: !isTimeGiven), MustBeSigned = hasAnchors, IsExtract = isExtract, Shipped = ReadShipped(), Pace = Tell,
    }.VerifyAsync(cancellationToken);

    private ValueTask Tell(AuditProgress at, CancellationToken cancellationToken)
    {
        const long Each = 1_000_000;
        if (!environment.IsInputTerminal || at.Done / Each == told) return default;
        told = at.Done / Each;
        environment.Error.WriteLine($"{Text.Number(at.Done)} of {Text.Number(at.All)} records");
        return default;
    }

    private ImmutableDictionary<string, string> ReadShipped()
    {
        var digests = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (shipped is null) return digests.ToImmutable();
        if (!Directory.Exists(shipped)) throw new CommandFault(ExitCodes.NotFound, $"--shipped: there is no folder {shipped}");
        foreach (var file in Directory.EnumerateFiles(shipped, "*.json"))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (name.Length is not 24 || !name.All(char.IsAsciiHexDigitLower) || new FileInfo(file).Length > MaximumShipped) continue;
            digests[name] = AuditCheckpoint.DigestOf(File.ReadAllText(file, Encoding.UTF8));
        }

        return digests.ToImmutable();
    }
}
