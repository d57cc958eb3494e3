namespace MilSwitch.Labels.Decisions;

/// <summary>The rule that a step of a decision followed. The order is that in which rules are tried.</summary>
public enum DecisionRule : byte
{
    /// <summary>Label, clearance and policy belong together.</summary>
    Policy = 1,

    /// <summary>The classification is one of the policy.</summary>
    KnownClassification = 2,

    /// <summary>The category is one of the policy.</summary>
    KnownCategory = 3,

    /// <summary>An element that is in old labels only.</summary>
    Obsolete = 4,

    /// <summary>One value at most of a tag with single selection. Tried together with <see cref="FewEnough"/> and <see cref="Enough"/>.</summary>
    SingleSelection = 5,

    /// <summary>The same tag stands once.</summary>
    OnceEach = 6,

    /// <summary>Categories that must be there are there.</summary>
    RequiredCategory = 7,

    /// <summary>A category is not there together with what excludes it.</summary>
    ExcludedCategory = 8,

    /// <summary>A category is not there together with a classification that excludes it.</summary>
    ExcludedClassification = 9,

    /// <summary>The privacy mark is one of the policy.</summary>
    PrivacyMark = 10,

    /// <summary>The clearance has the classification.</summary>
    Classification = 11,

    /// <summary>The clearance has every value of a restrictive tag.</summary>
    Restrictive = 12,

    /// <summary>The clearance has at least one value of a permissive tag.</summary>
    Permissive = 13,

    /// <summary>An informative tag, which never decides.</summary>
    Informative = 14,

    /// <summary>No more values of a tag than the policy allows (<c>maxSelection</c>).</summary>
    FewEnough = 15,

    /// <summary>As many values of a tag as the policy wants of every label (<c>minSelection</c>).</summary>
    Enough = 16,

    /// <summary>The category may stand in labels at this time (<c>notBefore</c>, <c>notAfter</c>). Tried together with <see cref="Obsolete"/>.</summary>
    Period = 17,
}
