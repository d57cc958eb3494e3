namespace MilSwitch.Labels.Policies;

/// <summary>
/// Finds equivalences that leave open what a label becomes. Of classifications there is one on each way. Several categories may stand
/// for one: then all of them do. Not thread-safe.
/// </summary>
internal sealed class EquivalenceContradictions(PolicyProblems problems)
{
    public void Check(IEnumerable<(ClassificationDefinition Definition, SpifElement Element)> classifications, IEnumerable<(CategoryReference Reference, CategoryDefinition Definition, SpifElement Element)> categories)
    {
        var claimed = new HashSet<(string Policy, int Value)>();
        foreach (var (classification, element) in classifications)
        {
            var granted = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (equivalent, rule) in classification.Equivalents.Zip(element.All("equivalentClassification")))
            {
                if (equivalent.Applied.HasFlag(EquivalenceUse.Encrypt) && !granted.Add(equivalent.Policy))
                    problems.Add(rule.Place, $"Classification {classification.Name} has two equivalents of the same policy to which it could go");
                if (equivalent.Applied.HasFlag(EquivalenceUse.Decrypt) && !claimed.Add((equivalent.Policy, equivalent.Value)))
                    problems.Add(rule.Place, $"A classification of the other policy, {equivalent.Value}, has two equivalents to which it could come");
            }
        }

        foreach (var (_, category, element) in categories)
        {
            foreach (var (equivalent, rule) in category.Equivalents.Zip(element.All("equivalentSecCategoryTag")))
            {
                // What is discarded leaves nothing from which it could come back.
                if (equivalent.IsDiscarded && equivalent.Applied is EquivalenceUse.Decrypt)
                    problems.Add(rule.Place, $"Category {category.Name} is discarded on the way in, where it never comes from");
            }
        }
    }
}
