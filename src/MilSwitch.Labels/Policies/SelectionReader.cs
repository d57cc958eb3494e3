namespace MilSwitch.Labels.Policies;

/// <summary><c>singleSelection</c>, <c>minSelection</c> and <c>maxSelection</c>: how many of a group a label may have. Not thread-safe.</summary>
internal sealed class SelectionReader(SpifValues values)
{
    /// <summary>At most one. A number between one and all, and a least number, is refused: no rule of a label would keep it.</summary>
    /// <param name="element">That has the attributes.</param>
    /// <param name="count">Members of the group.</param>
    public bool IsSingle(SpifElement element, int count)
    {
        var isSingle = values.Flag(element, "singleSelection");
        var least = Number(element, "minSelection");
        var most = Number(element, "maxSelection");
        if (least > 0) values.Problems.Add(element.PlaceOf("minSelection"), $"A minSelection of {element.Name} is not supported; say requiredCategory of the classifications");
        if (most < (least ?? 0)) values.Problems.Add(element.PlaceOf("maxSelection"), $"The maxSelection of {element.Name} is less than its minSelection");
        else if (most is 0) values.Problems.Add(element.PlaceOf("maxSelection"), $"The maxSelection of {element.Name} allows none");
        else if (most > 1 && isSingle) values.Problems.Add(element.PlaceOf("maxSelection"), $"The maxSelection of {element.Name} contradicts its singleSelection");
        else if (most > 1 && most < count) values.Problems.Add(element.PlaceOf("maxSelection"), $"A maxSelection of {element.Name} between one and all is not supported");
        return isSingle || most is 1;
    }

    private int? Number(SpifElement element, string attribute) => element[attribute] is "unbounded" ? null : values.Integer(element, attribute, 0, int.MaxValue);
}
