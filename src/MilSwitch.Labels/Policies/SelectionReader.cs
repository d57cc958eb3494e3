namespace MilSwitch.Labels.Policies;

/// <summary>How many of a group a label may have.</summary>
/// <param name="Least">0: it need have none.</param>
/// <param name="Most">Null: any number.</param>
internal readonly record struct TagSelection(int Least, int? Most);

/// <summary><c>singleSelection</c>, <c>minSelection</c> and <c>maxSelection</c>. Not thread-safe.</summary>
internal sealed class SelectionReader(SpifValues values)
{
    /// <param name="element">That has the attributes.</param>
    /// <param name="count">Members of the group.</param>
    public TagSelection Read(SpifElement element, int count)
    {
        var isSingle = values.Flag(element, "singleSelection");
        var least = Number(element, "minSelection") ?? 0;
        var most = Number(element, "maxSelection");
        if (least > count) values.Problems.Add(element.PlaceOf("minSelection"), $"The minSelection of {element.Name} wants more than there are");
        else if (least > 1 && isSingle) values.Problems.Add(element.PlaceOf("minSelection"), $"The minSelection of {element.Name} contradicts its singleSelection");
        if (most < least) values.Problems.Add(element.PlaceOf("maxSelection"), $"The maxSelection of {element.Name} is less than its minSelection");
        else if (most is 0) values.Problems.Add(element.PlaceOf("maxSelection"), $"The maxSelection of {element.Name} allows none");
        else if (most > 1 && isSingle) values.Problems.Add(element.PlaceOf("maxSelection"), $"The maxSelection of {element.Name} contradicts its singleSelection");
        return new TagSelection(least, isSingle ? 1 : most < count ? most : most is 1 ? 1 : null);
    }

    private int? Number(SpifElement element, string attribute) => element[attribute] is "unbounded" ? null : values.Integer(element, attribute, 0, int.MaxValue);
}
