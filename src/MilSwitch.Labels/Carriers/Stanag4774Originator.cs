namespace MilSwitch.Labels.Carriers;

/// <summary>Who made a label (<c>OriginatorID</c>).</summary>
/// <param name="Type">
/// One of <c>rfc822Name dNSName directoryName uniformResourceIdentifier iPAddress x400Address userPrincipalName jID</c>.
/// </param>
/// <param name="Value">As it stands.</param>
public sealed record Stanag4774Originator(string Type, string Value);
