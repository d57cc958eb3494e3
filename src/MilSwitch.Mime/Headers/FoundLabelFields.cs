using System.Collections.Immutable;

namespace MilSwitch.Mime;

/// <summary>The label fields of a header.</summary>
/// <param name="Labels">What stands behind the colon of each SIO-Label, folded as it came. A message has one at most (RFC 7444 §4).</param>
/// <param name="History">The same of each SIO-Label-History, the newest first.</param>
public sealed record FoundLabelFields(ImmutableArray<string> Labels, ImmutableArray<string> History)
{
    /// <summary>There is more than one label: nobody can say which of them counts.</summary>
    public bool IsAmbiguous => Labels.Length > 1;
}
