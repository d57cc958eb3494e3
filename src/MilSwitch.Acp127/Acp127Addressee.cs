namespace MilSwitch.Acp127;

/// <summary>One addressee of format lines 6 to 9. Immutable.</summary>
/// <param name="Name">The plain language address.</param>
/// <param name="Routing">The routing indicator before it, 4 to 7 letters of which the first is R or U; null: none.</param>
/// <param name="IsDelivered">ZEN: the message reaches this addressee by other means, and is not relayed to it.</param>
public sealed record Acp127Addressee(string Name, string? Routing = null, bool IsDelivered = false)
{
    /// <summary>As it stands in a line: <c>RXFPA/MINDEF</c>, <c>ZEN/MINDEF</c> or <c>MINDEF</c>.</summary>
    public override string ToString() => IsDelivered ? "ZEN/" + Name : Routing is null ? Name : $"{Routing}/{Name}";
}
