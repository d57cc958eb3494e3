using System.Globalization;
using Microsoft.AspNetCore.Components;
using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;
using MilSwitch.Domain.Watching;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>The content of a page: a component that is rendered once, for a request, or each time for those who watch it live.</summary>
public abstract class ConsoleView : ComponentBase
{
    [Parameter]
    public required ViewContext Context { get; set; }

    [Inject]
    protected IOperatorActions Actions { get; set; } = null!;

    [Inject]
    protected IWatchFeed Feed { get; set; } = null!;

    [Inject]
    protected ILabelMarks Marks { get; set; } = null!;

    protected ViewQuery Query => Context.Query;

    protected DateTimeOffset Now => Context.Now;

    /// <summary>Asks for all that it shows.</summary>
    protected virtual Task LoadAsync() => Task.CompletedTask;

    /// <summary>It is rendered once, with all it shows: a component that is initialised asynchronously would be rendered before as well.</summary>
    public sealed override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await LoadAsync().ConfigureAwait(true);
        await base.SetParametersAsync(ParameterView.Empty).ConfigureAwait(true);
    }

    /// <summary>The label's marking; it counts for the banner.</summary>
    protected LabelMark? Show(MessageLabel? label)
    {
        var mark = label is null ? null : Marks.Mark(label);
        Context.Shows(mark);
        return mark;
    }

    /// <summary>A time of the address, in Zulu where it does not say; null: it has none.</summary>
    /// <exception cref="FormatException">It is no time; the message is for the person.</exception>
    protected DateTimeOffset? Time(string name) => Query[name] is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw new FormatException($"'{text}' is no time such as 2030-01-02T03:04Z");

    protected bool May(OperatorRight right) => Context.May(right);
}
