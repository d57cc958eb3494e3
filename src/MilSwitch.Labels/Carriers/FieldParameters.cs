using System.Buffers;
using System.Text;

namespace MilSwitch.Labels.Carriers;

/// <summary>
/// The parameters of a header field, <c>name=value</c> with <c>;</c> between (RFC 7444 §4), with sections, character sets and percent
/// encoding of RFC 2231. Comments and folds may stand wherever RFC 822 lets them. One pass, and nothing is guessed.
/// </summary>
internal ref struct FieldParameters
{
    /// <summary>Characters of one field: the largest label in base64, and room for its folds.</summary>
    public const int LongestField = LabelBounds.EncodedOctets * 3;

    private const int MostParameters = 16_384;
    private static readonly SearchValues<char> Token = SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private readonly ReadOnlySpan<char> text;
    private int at;

    private FieldParameters(ReadOnlySpan<char> text) => this.text = text;

    /// <summary>All parameters by their names in lower case, decoded.</summary>
    /// <param name="body">The field without its name, folded or not.</param>
    /// <exception cref="LabelRefusedException">It is no list of parameters.</exception>
    public static Dictionary<string, string> Read(string body)
    {
        if (body.Length > LongestField) throw new LabelRefusedException(LabelFault.TooLarge, "the field is longer than is allowed", 0);
        CheckCharacters(body);
        var parameters = new FieldParameters(body);
        var sections = new Dictionary<string, ParameterSections>(StringComparer.Ordinal);
        var count = 0;
        parameters.SkipFolds();
        do
        {
            // The standard's own example ends in a semicolon.
            if (count > 0 && parameters.at == body.Length) break;
            if (++count > MostParameters) throw new LabelRefusedException(LabelFault.TooLarge, "the field has more parameters than are allowed", parameters.at);
            parameters.ReadOne(sections);
            parameters.SkipFolds();
        }
        while (parameters.TrySeparator());

        if (parameters.at < body.Length) throw parameters.Malformed("something stands between two parameters");
        return sections.ToDictionary(s => s.Key, s => s.Value.Join(), StringComparer.Ordinal);
    }

    // CR LF and white space, or nothing: a line end by itself would begin another field.
    private static void CheckCharacters(string body)
    {
        for (var i = 0; i < body.Length; i++)
        {
            var c = body[i];
            if (c is '\r' && i + 2 < body.Length && body[i + 1] is '\n' && body[i + 2] is ' ' or '\t')
            {
                i++;
                continue;
            }

            if ((char.IsControl(c) && c is not '\t') || c is '\uFFFD') throw new LabelRefusedException(LabelFault.Malformed, "a character that no field has", i);
            if (!char.IsSurrogate(c)) continue;
            if (!char.IsHighSurrogate(c) || i + 1 == body.Length || !char.IsLowSurrogate(body[++i])) throw new LabelRefusedException(LabelFault.Malformed, "a character that no field has", i);
        }
    }

    private void ReadOne(Dictionary<string, ParameterSections> sections)
    {
        var start = at;
        var name = ReadToken();
        var star = name.IndexOf('*');
        var (section, isExtended) = star < 0 ? (-1, false) : ReadSection(name[(star + 1)..]);
        var key = star < 0 ? name : name[..star];
        if (key.IsEmpty || key.ContainsAny('\'', '%')) throw Malformed("a parameter's name is none");
        SkipFolds();
        if (at == text.Length || text[at] is not '=') throw Malformed("a parameter has no value");
        at++;
        SkipFolds();
        var isQuoted = at < text.Length && text[at] is '"';
        if (isQuoted && isExtended) throw Malformed("a value with a character set is not quoted (RFC 2231 §7)");
        var position = at;
        var value = isQuoted ? ReadQuoted() : ReadToken().ToString();
        var lower = key.ToString().ToLowerInvariant();
        if (!sections.TryGetValue(lower, out var all)) sections.Add(lower, all = new ParameterSections());
        all.Add(section, isExtended, value, start, position);
    }

    // What follows the first star: nothing, a number, or a number and a star.
    private readonly (int Section, bool IsExtended) ReadSection(ReadOnlySpan<char> suffix)
    {
        if (suffix.IsEmpty) return (-1, true);
        var isExtended = suffix[^1] is '*';
        var digits = isExtended ? suffix[..^1] : suffix;
        if (digits.Length is 0 or > 5 || digits.ContainsAnyExceptInRange('0', '9') || (digits.Length > 1 && digits[0] is '0')) throw Malformed("the number of a section is none");
        var number = 0;
        foreach (var digit in digits) number = (number * 10) + (digit - '0');
        return (number, isExtended);
    }

    private ReadOnlySpan<char> ReadToken()
    {
        var length = text[at..].IndexOfAnyExcept(Token);
        if (length < 0) length = text.Length - at;
        if (length is 0) throw Malformed("a name or a value is missing");
        at += length;
        return text.Slice(at - length, length);
    }

    private string ReadQuoted()
    {
        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '"':
                    at++;
                    return value.ToString();
                case '\\' when at + 1 < text.Length && text[at + 1] is not '\r':
                    value.Append(text[++at]);
                    break;
                case '\\':
                    throw Malformed("a quoted pair is not complete");
                case '\r' or '\n':
                    break;
                default:
                    value.Append(text[at]);
                    break;
            }
        }

        throw Malformed("a quoted string does not end");
    }

    private bool TrySeparator()
    {
        if (at == text.Length || text[at] is not ';') return false;
        at++;
        SkipFolds();
        return true;
    }

    private void SkipFolds()
    {
        var depth = 0;
        for (; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '(':
                    depth++;
                    break;
                case ')' when depth > 0:
                    depth--;
                    break;
                case '\\' when depth > 0:
                    at++;
                    break;
                case ' ' or '\t' or '\r' or '\n':
                    break;
                default:
                    if (depth is 0) return;
                    break;
            }
        }

        at = text.Length;
        if (depth > 0) throw Malformed("a comment does not end");
    }

    private readonly LabelRefusedException Malformed(string message) => new(LabelFault.Malformed, message, at);
}
