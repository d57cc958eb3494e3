namespace MilSwitch.Smime.Inspection;

/// <summary>Somebody for whom a layer is encrypted.</summary>
/// <param name="Type">One of <c>ktri kari kekri pwri kemri</c>.</param>
/// <param name="Id">Issuer and serial number, or key identifier.</param>
/// <param name="Opened">One of our keys opened it.</param>
public sealed record RecipientReport(string Type, string Id, bool Opened);
