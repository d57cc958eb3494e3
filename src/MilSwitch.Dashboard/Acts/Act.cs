using MilSwitch.Dashboard.Rendering;

namespace MilSwitch.Dashboard.Acts;

/// <summary>What a form does.</summary>
/// <param name="Services">Of the node.</param>
/// <param name="Input">The form.</param>
internal delegate Task<ActAnswer> Act(IServiceProvider services, ActInput input);

/// <summary>What became of it: a notice on the page it came from, or a page that asks once more.</summary>
internal sealed record ActAnswer(Notice? Notice, Confirmation? Ask = null, string? To = null)
{
    public static ActAnswer Done(string text, params IReadOnlyList<string> details) => new(new Notice(true, text, details));

    public static ActAnswer Not(string text, params IReadOnlyList<string> details) => new(new Notice(false, text, details));
}

/// <summary>A question before something happens to many.</summary>
/// <param name="Question">With the number in it.</param>
/// <param name="Lines">What it would happen to.</param>
/// <param name="Action">Where the answer goes.</param>
/// <param name="Fields">Of the form, as they were.</param>
/// <param name="Button">On the button that does it.</param>
/// <param name="Back">Where no leads.</param>
internal sealed record Confirmation(string Question, IReadOnlyList<string> Lines, string Action, IReadOnlyList<KeyValuePair<string, string>> Fields, string Button, string Back);
