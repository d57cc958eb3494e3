using System.Collections.Immutable;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Boundaries;

/// <summary>What was done with the layers of a message, for its audit trail. Pure.</summary>
internal static class LayerNotes
{
    /// <param name="layers">Outermost first.</param>
    /// <param name="facts">What the signatures came to.</param>
    public static ImmutableArray<ProtectionNote> Of(ImmutableArray<(Layer Layer, LayerFinding Finding)> layers, SignatureFacts facts)
    {
        var notes = ImmutableArray.CreateBuilder<ProtectionNote>(layers.Length + 1);
        foreach (var (layer, finding) in layers)
        {
            if (finding.IsOpened)
            {
                var recipient = finding.Recipients[finding.OpenedBy];
                var cipher = finding.ContentEncryption is { } algorithm ? SuiteAlgorithms.CipherName(algorithm.Algorithm) : "unknown";
                notes.Add(new ProtectionNote(AuditKind.Decrypted, $"{cipher}, {recipient.Kind} {recipient.Id}"));
            }
            else if (finding.IsSignature) notes.Add(new ProtectionNote(AuditKind.Verified, $"part {layer.Part}: {LayerReports.Text(finding.Verdict)}"));
        }

        var word = facts.State switch { SignatureState.Good => string.Join(", ", facts.Signers), SignatureState.Bad => facts.Reason, _ => "not signed" };
        notes.Add(new ProtectionNote(AuditKind.Verified, word));
        return notes.ToImmutable();
    }
}
