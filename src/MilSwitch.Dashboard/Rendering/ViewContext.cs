using MilSwitch.Domain.Labelling;
using MilSwitch.Domain.Operations;

namespace MilSwitch.Dashboard.Rendering;

/// <summary>For whom a view is rendered, and what it tells the page around it. One for each rendering; not thread-safe.</summary>
/// <param name="Who">Who looks.</param>
/// <param name="Query">What the address says.</param>
/// <param name="Id">What stands behind the page's path; null: nothing.</param>
/// <param name="Now">The node's time.</param>
/// <param name="Token">Against forged requests, for forms; null: the page around has it, and puts it in.</param>
public sealed record ViewContext(OperatorIdentity Who, ViewQuery Query, string? Id, DateTimeOffset Now, string? Token)
{
    /// <summary>Of what is shown, the most sensitive; null: nothing that is shown has a label.</summary>
    public LabelMark? Highest { get; private set; }

    /// <summary>Something without a label is shown.</summary>
    public bool HasUnlabelled { get; private set; }

    /// <summary>Of the answer.</summary>
    public int Status { get; set; } = 200;

    /// <summary>In front of the page's own title; null: nothing.</summary>
    public string? Title { get; set; }

    /// <summary>What a request did that led here; null: none did.</summary>
    public Notice? Notice { get; init; }

    /// <summary>What a page that is the answer to a request shows; null: it finds it by itself.</summary>
    public object? Subject { get; init; }

    /// <summary>The label of <see cref="Subject"/>.</summary>
    public LabelMark? SubjectMark { get; init; }

    public bool May(OperatorRight right) => Who.Roles.Allow(right);

    /// <summary>A label is shown, or something that has none.</summary>
    public void Shows(LabelMark? mark)
    {
        if (mark is null) HasUnlabelled = true;
        else if (Highest is null || mark.Rank > Highest.Rank) Highest = mark;
    }
}
