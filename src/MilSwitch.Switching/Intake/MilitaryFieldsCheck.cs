using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Military;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Spool;
using MilSwitch.Mime;

namespace MilSwitch.Switching.Intake;

/// <summary>
/// Judges the MMHS fields of a message as it would be stored, by the rules of its listener (RFC 6477), and writes what is missing where
/// the rules say so. Thread-safe.
/// </summary>
internal sealed partial class MilitaryFieldsCheck(SwitchRuntime runtime)
{
    private const int PieceOctets = 64 << 10;

    private readonly ILogger logger = runtime.Loggers.CreateLogger<MilitaryFieldsCheck>();

    /// <param name="content">Complete; the caller owns it, and what comes in its place.</param>
    /// <param name="rules">The listener's.</param>
    /// <param name="decision">The levels at which it travels.</param>
    /// <param name="client">Who sent it, for the log.</param>
    /// <param name="cancellationToken">The client went away.</param>
    public async ValueTask<MilitaryFields> CheckAsync(StagedContent content, MmhsRules rules, PrecedenceDecision decision, ClientIdentity client, CancellationToken cancellationToken)
    {
        var limits = runtime.Configuration.Content;
        var header = HeaderBlock.Scan(content.Head, limits.MaximumHeaderOctets, limits.MaximumHeaderFields);
        var reading = MmhsReader.Read(header);
        var missing = MmhsPresence.Missing(header, reading, rules);
        var left = missing;
        var made = rules.Correct ? MmhsPresence.Complete(missing, decision.Action, decision.Information, runtime.Now, out left) : MmhsFields.None;
        ImmutableArray<MmhsFault> faults = [.. reading.Faults, .. left.Select(f => new MmhsFault(f, MmhsRule.Missing, 0))];
        if (!faults.IsEmpty)
        {
            LogRefused(client.Address, string.Join("; ", faults));
            var more = faults.Length is 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {faults.Length - 1} more");
            return MilitaryFields.Refused(Refusal.MilitaryFieldRefused, faults[0] + more, [.. faults.Select(f => f.ToFieldFault())]);
        }

        if (missing.IsEmpty) return MilitaryFields.AsTheyAre;
        try
        {
            return new MilitaryFields(null, null, missing, await PrefixAsync(MmhsWriter.Write(made), content, cancellationToken).ConfigureAwait(false));
        }
        catch (SpoolUnavailableException unavailable)
        {
            return MilitaryFields.Refused(unavailable.Health == SpoolHealth.Full ? Refusal.StoreFull : Refusal.StoreUnavailable);
        }
        catch (ContentDamagedException)
        {
            return MilitaryFields.Refused(Refusal.StoreUnavailable);
        }
    }

    private async ValueTask<StagedContent> PrefixAsync(byte[] fields, StagedContent content, CancellationToken cancellationToken)
    {
        var writer = runtime.Spool.CreateContent();
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteAsync(fields, cancellationToken).ConfigureAwait(false);
            var reader = await content.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (reader.Inline is { } inline)
                {
                    await writer.WriteAsync(inline, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    var piece = new byte[PieceOctets];
                    while (await reader.ReadAsync(piece, cancellationToken).ConfigureAwait(false) is > 0 and var count) await writer.WriteAsync(piece.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                }
            }

            return await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(3406, LogLevel.Information, "A message of {Client} was refused: {Reason}")]
    private partial void LogRefused(string client, string reason);
}
