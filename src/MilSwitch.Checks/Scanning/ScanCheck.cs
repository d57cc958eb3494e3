using System.Net.Sockets;
using MilSwitch.Checks.Parts;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Scanning;

/// <summary>
/// Shows a message to one scanner. Whatever keeps that from answering (away, slow, out of order, too large) is Undecided, so that
/// the message is held. Several scanners are several of these, each with a verdict of its own. Thread-safe.
/// </summary>
/// <param name="rules">What is shown.</param>
/// <param name="scanner">Whom.</param>
/// <param name="name">As the configuration and the trail name it.</param>
public sealed class ScanCheck(ScanRules rules, IScanner scanner, string name = "scan") : IContentCheck
{
    public string Name { get; } = name;

    /// <summary>Whether the scanner is there.</summary>
    /// <param name="cancellationToken">It took too long.</param>
    /// <returns>Why not, for the operator; null: it is.</returns>
    public async ValueTask<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await scanner.ProbeAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            return "the scanner is too slow";
        }
        catch (SocketException)
        {
            return "the scanner can't be reached";
        }
        catch (IOException)
        {
            return "the scanner broke off or gave an answer that is none";
        }
    }

    public async ValueTask<CheckVerdict> CheckAsync(CheckSubject subject, CancellationToken cancellationToken)
    {
        var findings = new FindingList(Name);
        try
        {
            Judge(await scanner.ScanAsync(subject.Content, cancellationToken).ConfigureAwait(false), "the message");
            if (rules.ScansParts) await ScanPartsAsync(subject, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            findings.Add(CheckOutcome.Undecided, "the scanner is too slow");
        }
        catch (SocketException)
        {
            findings.Add(CheckOutcome.Undecided, "the scanner can't be reached");
        }
        catch (IOException)
        {
            findings.Add(CheckOutcome.Undecided, "the scanner broke off or gave an answer that is none");
        }

        return findings.ToVerdict();

        void Judge(ScanAnswer answer, string what)
        {
            if (answer.Result is ScanResult.Found) findings.Add(rules.Outcome, $"{what}: {answer.Detail}");
            else if (answer.Result is ScanResult.NotDone) findings.Add(CheckOutcome.Undecided, $"{what}: {answer.Detail}");
        }

        async ValueTask ScanPartsAsync(CheckSubject message, CancellationToken token)
        {
            var parts = MessageParts.Read(message.Content, rules.Reading);
            // What can't be decoded can't be shown.
            foreach (var finding in parts.Findings()) findings.Add(CheckOutcome.Undecided, finding);
            foreach (var part in parts.Leaves)
            {
                if (part.DecodedLength > 0) Judge(await scanner.ScanAsync(part.Decode(), token).ConfigureAwait(false), $"part {part.Number}");
            }
        }
    }
}
