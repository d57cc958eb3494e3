namespace MilSwitch.Smime.Certificates;

/// <summary>A mailbox of a From or Sender field. Immutable.</summary>
/// <param name="Address">Without angle brackets.</param>
/// <param name="DisplayName">Decoded; empty: none.</param>
public readonly record struct MailParty(string Address, string DisplayName = "");
