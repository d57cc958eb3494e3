using MilSwitch.Domain.Addressing;

namespace MilSwitch.Lookup.Finding.Harvest;

/// <summary>What a <see cref="HarvestStore"/> has for a recipient. Thread-safe.</summary>
public sealed class HarvestSource(HarvestStore store) : ICertificateSource
{
    public string Name { get; } = "harvest:" + store.Name;

    public bool IsLocal => true;

    public ValueTask<SourceAnswer> FindAsync(Mailbox recipient, CancellationToken cancellationToken)
    {
        FoundCertificate[] found =
        [
            .. store.For(RecipientNames.Canonical(recipient))
                .Select(e => new FoundCertificate(e.Certificate.Encoded, Name) { IsHarvested = true, IsApproved = e.State is HarvestState.Approved }),
        ];
        return ValueTask.FromResult<SourceAnswer>(found.Length > 0 ? new SourceAnswer.Found([.. found]) : new SourceAnswer.None());
    }
}
