using System.Text.Json;
using MilSwitch.Domain.Addressing;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Cms;

namespace MilSwitch.Lookup.Finding.Harvest;

/// <summary>A certificate that came with signed mail, for one address. Immutable.</summary>
/// <param name="Address">Whose.</param>
/// <param name="Certificate">The certificate.</param>
/// <param name="State">What has become of it.</param>
/// <param name="Seen">When it came last.</param>
/// <param name="IsIssuerTrusted">The security domain trusted its issuer when it came; whether it does is judged again at each use.</param>
public sealed record HarvestEntry(Mailbox Address, Certificate Certificate, HarvestState State, DateTimeOffset Seen, bool IsIssuerTrusted)
{
    private const int MostCharacters = 128 << 10;

    /// <summary>Who decided; empty: nobody yet.</summary>
    public string DecidedBy { get; init; } = "";

    /// <summary>One name for address and certificate together.</summary>
    public string Id => $"{Certificate.Thumbprint}:{RecipientNames.Canonical(Address)}";

    /// <summary>As it is kept.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new Document(RecipientNames.Canonical(Address), Convert.ToBase64String(Certificate.Encoded.Span), State.ToString(), Seen, IsIssuerTrusted, DecidedBy), HarvestJson.Default.Document);

    /// <summary>Reads what was kept; null: it is no entry.</summary>
    public static HarvestEntry? FromJson(string json)
    {
        if (json.Length > MostCharacters) return null;
        try
        {
            if (JsonSerializer.Deserialize(json, HarvestJson.Default.Document) is not { Address: not null, Certificate: not null } kept) return null;
            if (!Mailbox.TryParse(kept.Address, allowUtf8: true, out var address, out _) || !Enum.TryParse<HarvestState>(kept.State, out var state) || !Enum.IsDefined(state)) return null;
            return new HarvestEntry(address, Certificate.Read(Convert.FromBase64String(kept.Certificate)), state, kept.Seen, kept.IsIssuerTrusted) { DecidedBy = kept.DecidedBy ?? "" };
        }
        catch (Exception fault) when (fault is JsonException or FormatException or CmsFormatException)
        {
            return null;
        }
    }

    internal sealed record Document(string Address, string Certificate, string State, DateTimeOffset Seen, bool IsIssuerTrusted, string DecidedBy);
}
