using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace MilSwitch.Checks.Words;

/// <summary>
/// Divides HTML and XML into what is shown and what is not (tags with their attributes, comments, scripts, styles). Tags that only
/// change how letters look leave no gap between them. A tolerant reader: its two halves together are everything. Not thread-safe.
/// </summary>
internal sealed class HtmlText(WordTally shown, WordTally hidden)
{
    private const int LongestEntity = 40;

    // Elements that stand by themselves on the page; those with a colon are of Office Open XML and OpenDocument.
    private static readonly FrozenSet<string> Blocks = FrozenSet.ToFrozenSet(
    [
        "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figure", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "img", "input", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select",
        "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "ul", "video",
        "a:p", "a:br", "si", "row", "c", "v", "w:p", "w:br", "w:tab", "w:tc", "text:p", "text:h", "text:tab", "text:s", "text:line-break", "table:table-cell",
    ], StringComparer.OrdinalIgnoreCase);

    private readonly StringBuilder name = new();
    private readonly StringBuilder entity = new();
    private State state;
    private char quote;
    private char beforeLast;
    private char last;

    // In a tag, the last two characters that are no white space.
    private char beforeSolid;
    private char solid;

    // The element whose end alone ends it: script or style.
    private string? raw;

    private enum State : byte
    {
        Text,
        Entity,
        TagStart,
        TagName,
        Tag,
        Comment,
        Raw,
        RawEnd,
    }

    public void Feed(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            Take(c);
            (beforeLast, last) = (last, c);
        }
    }

    /// <summary>The document ends.</summary>
    public void End()
    {
        if (state is State.Entity) EndEntity();
        else if (state is State.TagStart) shown.Feed("<");
        shown.Break();
        hidden.Break();
        state = State.Text;
        raw = null;
    }

    private void Take(char c)
    {
        switch (state)
        {
            case State.Text:
                TakeText(c);
                break;
            case State.Entity:
                TakeEntity(c);
                break;
            case State.TagStart:
                BeginTag(c);
                break;
            case State.TagName:
                TakeName(c);
                break;
            case State.Tag:
                TakeTag(c);
                break;
            case State.Comment:
                hidden.Feed([c]);
                // Browsers take --!> for the end as well.
                if (c is '>' && (last is '-' or '!') && beforeLast is '-') EndHidden();
                break;
            default:
                TakeRaw(c);
                break;
        }
    }

    private void TakeText(char c)
    {
        if (c is '<') state = State.TagStart;
        else if (c is '&')
        {
            entity.Clear().Append(c);
            state = State.Entity;
        }
        else shown.Feed([c]);
    }

    private void TakeEntity(char c)
    {
        if (c is ';' || char.IsAsciiLetterOrDigit(c) || c is '#')
        {
            entity.Append(c);
            if (c is not ';' && entity.Length < LongestEntity) return;
            EndEntity();
            state = State.Text;
            return;
        }

        // Old pages leave the semicolon out, and readers put up with that.
        entity.Append(';');
        EndEntity();
        state = State.Text;
        TakeText(c);
    }

    private void EndEntity()
    {
        shown.Feed(WebUtility.HtmlDecode(entity.ToString()));
        entity.Clear();
    }

    private void BeginTag(char c)
    {
        name.Clear();
        quote = beforeSolid = solid = '\0';
        if (c is '!' or '?')
        {
            state = State.Tag;
            hidden.Feed([c]);
        }
        else if (c is '/' || char.IsAsciiLetter(c))
        {
            state = State.TagName;
            name.Append(c);
        }
        else
        {
            shown.Feed("<");
            state = State.Text;
            TakeText(c);
        }
    }

    private void TakeName(char c)
    {
        if (name.Length < 32 && (char.IsAsciiLetterOrDigit(c) || c is ':' or '-'))
        {
            name.Append(c);
            return;
        }

        hidden.Feed([' ', .. name.ToString(), ' ']);
        state = State.Tag;
        TakeTag(c);
    }

    private void TakeTag(char c)
    {
        hidden.Feed([c]);
        if (quote is not '\0')
        {
            if (c == quote) quote = '\0';
        }
        else if (c is '-' && last is '-' && beforeLast is '!') state = State.Comment;
        // As in browsers, a quote begins a value only behind an equals sign that is no value itself.
        else if ((c is '"' or '\'') && solid is '=' && beforeSolid is not '=') quote = c;
        else if (c is '>') EndTag();
        if (c is not (' ' or '\t' or '\r' or '\n')) (beforeSolid, solid) = (solid, c);
    }

    private void EndTag()
    {
        var tag = name.ToString();
        EndHidden();
        if (Blocks.Contains(tag.AsSpan().TrimStart('/').ToString())) shown.Feed(" ");
        if (!tag.Equals("script", StringComparison.OrdinalIgnoreCase) && !tag.Equals("style", StringComparison.OrdinalIgnoreCase)) return;
        raw = tag;
        state = State.Raw;
    }

    private void EndHidden()
    {
        hidden.Break();
        state = State.Text;
    }

    private void TakeRaw(char c)
    {
        hidden.Feed([c]);
        if (c is '<')
        {
            name.Clear();
            state = State.RawEnd;
        }
        else if (state is State.RawEnd)
        {
            if (c is '>' && name.ToString().AsSpan().Trim().Equals("/" + raw, StringComparison.OrdinalIgnoreCase)) EndHidden();
            else if (c is '>' || name.Length > 32) state = State.Raw;
            else name.Append(c);
        }
    }
}
