namespace MilSwitch.Labels;

/// <summary>One element of a label's categories: a <see cref="TagCategory"/> or an <see cref="UnknownCategory"/>. Immutable.</summary>
public abstract record LabelCategory
{
    private protected LabelCategory()
    {
    }
}
