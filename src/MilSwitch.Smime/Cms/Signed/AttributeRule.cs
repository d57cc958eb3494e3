namespace MilSwitch.Smime.Cms.Signed;

/// <summary>Where an attribute may stand, one row of RFC 2634 §1.3.4.</summary>
/// <param name="Type">See <see cref="AttributeTypes"/>.</param>
/// <param name="Name">As the document calls it.</param>
/// <param name="Layer">The only layer it may stand in; <see cref="SignatureLayer.Only"/>: either.</param>
/// <param name="MustBeSigned">True: among the signed attributes only. False: never there. Null: either.</param>
/// <param name="IsSingle">One attribute with one value at most.</param>
/// <param name="InCountersignature">May be signed by a countersignature.</param>
/// <param name="InReceipt">May be signed by a receipt (RFC 2634 §2.2, §2.4.1).</param>
public sealed record AttributeRule(
    string Type, string Name, SignatureLayer Layer, bool? MustBeSigned, bool IsSingle = true, bool InCountersignature = false, bool InReceipt = true);
