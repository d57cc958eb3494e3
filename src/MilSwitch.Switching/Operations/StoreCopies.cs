using System.Globalization;
using System.Text.Json;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Spool;

namespace MilSwitch.Switching.Operations;

/// <summary>What a copy of a store has that its original has not.</summary>
public static class StoreCopies
{
    /// <summary>The id of the order that stands in every copy.</summary>
    public const string OrderId = "restored";

    /// <summary>A standing order: nothing leaves a restored copy before somebody has looked, since what was delivered after it was made is queued in it again.</summary>
    /// <param name="now">When the copy is made.</param>
    /// <param name="author">Who has it made.</param>
    public static StoredDocument Suspension(DateTimeOffset now, string author) => new(
        PolicyDocuments.Rule, OrderId,
        JsonSerializer.Serialize(
            new OperatorRule
            {
                Id = OrderId, Kind = RuleKind.Suspend, Scope = "node", Author = author, CreatedAt = now,
                Reason = string.Create(CultureInfo.InvariantCulture, $"restored from the copy of {now.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"),
            },
            RuleJson.Default.OperatorRule));
}
