using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MilSwitch.Labels;
using MilSwitch.Labels.Carriers;
using MilSwitch.Labels.Markings;
using MilSwitch.Labels.Policies;

namespace MilSwitch.Host.Commands;

/// <summary>Reads the label that an argument names: a file, standard input or the text itself, in any form that is known.</summary>
internal static class LabelSource
{
    private const int MostOctets = 4 * LabelBounds.EncodedOctets;
    private const string FieldName = "SIO-Label:";
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="environment">Standard input.</param>
    /// <param name="name">Of the argument or option.</param>
    /// <param name="argument">A file, '-' for standard input, or the label as text.</param>
    /// <param name="form">Null: it is guessed.</param>
    /// <param name="policies">For forms that speak in names.</param>
    /// <param name="fault">Exit code for what is no label.</param>
    /// <exception cref="CommandFault">It can't be read or is none.</exception>
    public static DecodedLabel Read(CommandEnvironment environment, string name, string argument, LabelForm? form, PolicySet policies, int fault = ExitCodes.NotFound)
    {
        var isFile = argument == "-" || File.Exists(argument);
        var octets = isFile ? MessageFile.Read(environment, name, argument) : Encoding.UTF8.GetBytes(argument);
        try
        {
            return Decode(octets, form, policies);
        }
        catch (LabelRefusedException refused)
        {
            if (!isFile && LooksLikeFile(argument)) throw new CommandFault(ExitCodes.NotFound, $"{name}: {argument}: no such file");
            throw new CommandFault(fault, $"{name}: {(isFile ? argument + ": " : "")}no label: {Words(refused)}");
        }
    }

    /// <summary>What is wrong, with its position.</summary>
    public static string Words(LabelRefusedException refused) =>
        refused.Position < 0 ? refused.Message : string.Create(CultureInfo.InvariantCulture, $"{refused.Message} (at {refused.Position})");

    /// <exception cref="LabelRefusedException">It is no label of the form, or of none that is known.</exception>
    public static DecodedLabel Decode(ReadOnlyMemory<byte> octets, LabelForm? form, PolicySet policies)
    {
        if (octets.Length > MostOctets) throw new LabelRefusedException(LabelFault.TooLarge, "it is larger than any label", MostOctets);
        var text = Text(octets.Span);
        var asked = form ?? (text is null ? LabelForm.Ess : Guess(text));
        switch (asked)
        {
            case LabelForm.Ess or LabelForm.EssBase64:
                return new DecodedLabel(LabelForm.Ess, Resolved(EssLabel.Read(text is null ? octets : Armoured(text)), policies));
            case LabelForm.X411:
                // X.411 leaves the policy to the domain: one that is named alone is it.
                return new DecodedLabel(asked, Resolved(X411Label.Read(text is null ? octets : Armoured(text), policies.All is [var local] ? local.Id : null), policies));
            case LabelForm.SioLabel:
                return Field(text ?? throw Binary(), policies);
            case LabelForm.Stanag4774 or LabelForm.Stanag4778 or LabelForm.Native or LabelForm.SecLabel:
                return Xml(octets, form, policies);
            case LabelForm.Plain:
                return new DecodedLabel(asked, Plain(text ?? throw Binary()));
            default:
                return Marking(OneLine(text ?? throw Binary()), form, policies);
        }
    }

    /// <summary>The label that a marking stands for, where all policies together leave one.</summary>
    /// <param name="place">Null: any.</param>
    private static DecodedLabel Marking(string text, LabelForm? place, PolicySet policies)
    {
        if (policies.All.Count is 0) throw new LabelRefusedException(LabelFault.UnknownPolicy, "a marking has a meaning in its policy only: name it with --spif");
        LabelRefusedException? refused = null;
        var found = new List<DecodedLabel>();
        LabelForm[] forms = place is { } only ? [only] : [LabelForm.FirstLine, LabelForm.LastLine, LabelForm.Subject, LabelForm.XHeader, LabelForm.Display];
        foreach (var policy in policies.All)
        {
            foreach (var form in forms)
            {
                foreach (var language in Languages(policy))
                {
                    try
                    {
                        var label = MarkingGrammar.For(policy, form.Place()!.Value, language).Parse(text);
                        if (!found.Any(f => f.Label.Equals(label))) found.Add(new DecodedLabel(form, label));
                    }
                    catch (LabelRefusedException fault)
                    {
                        if (refused is null || fault.Fault is LabelFault.Ambiguous || (refused.Fault is not LabelFault.Ambiguous && fault.Position > refused.Position)) refused = fault;
                    }
                }
            }
        }

        return found switch
        {
            [var single] => single,
            [] => throw refused!,
            _ => throw new LabelRefusedException(LabelFault.Ambiguous, "the marking means different labels in different places, languages or policies; say which"),
        };
    }

    private static IEnumerable<string?> Languages(SecurityPolicy policy) => policy.Markings
        .Concat(policy.Classifications.SelectMany(c => c.Markings)).Concat(policy.PrivacyMarks.SelectMany(m => m.Markings))
        .Concat(policy.TagSets.SelectMany(s => s.Markings.Concat(s.Tags.SelectMany(t => t.Markings.Concat(t.Categories.SelectMany(c => c.Markings))))))
        .Select(m => m.Language).Prepend(null).Distinct(StringComparer.Ordinal).Take(32);

    private static DecodedLabel Xml(ReadOnlyMemory<byte> octets, LabelForm? asked, PolicySet policies)
    {
        var label = XmlLabel.Read(octets, policies);
        var form = label.Form switch
        {
            XmlLabelForm.Stanag4774 => LabelForm.Stanag4774,
            XmlLabelForm.Stanag4778 => LabelForm.Stanag4778,
            XmlLabelForm.Native => LabelForm.Native,
            _ => LabelForm.SecLabel,
        };
        if (asked is { } wanted && wanted != form) throw new LabelRefusedException(LabelFault.Malformed, $"it is of the form {form.Word()}");
        return new DecodedLabel(form, label.Label) { Stanag4774 = label.Stanag4774 };
    }

    private static DecodedLabel Field(string text, PolicySet policies)
    {
        var body = text.TrimStart();
        if (body.StartsWith(FieldName, StringComparison.OrdinalIgnoreCase)) body = body[FieldName.Length..];
        var field = SioLabel.Parse(body.Trim());
        var label = field.Type is SioLabel.Xml ? XmlLabel.Read(field.LabelOctets, policies).Label : field.Decode(policies);
        if (label is not null) return new DecodedLabel(LabelForm.SioLabel, label) { Field = field };
        if (field.Marking is not { } marking) throw new LabelRefusedException(LabelFault.UnknownPolicy, "the label is of a type that is not known");
        return Marking(marking, null, policies) with { Form = LabelForm.SioLabel, Field = field };
    }

    /// <summary><c>POLICY-OID:CLASSIFICATION[:PRIVACY-MARK]</c>.</summary>
    private static SecurityLabel Plain(string text)
    {
        var parts = OneLine(text).Split(':', 3);
        if (parts.Length < 2 || !IsOid(parts[0]) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var classification) || parts is [_, _, ""])
            throw new LabelRefusedException(LabelFault.Malformed, "write POLICY-OID:CLASSIFICATION[:PRIVACY-MARK]");
        return new SecurityLabel { Policy = parts[0], Classification = classification, PrivacyMark = parts.Length > 2 ? parts[2] : null };
    }

    private static LabelForm Guess(string text)
    {
        var trimmed = text.AsSpan().Trim().TrimStart('\uFEFF');
        if (trimmed.StartsWith("<")) return LabelForm.Stanag4774;
        if (trimmed.StartsWith(FieldName, StringComparison.OrdinalIgnoreCase) || BeginsWithParameter(trimmed)) return LabelForm.SioLabel;
        if (trimmed.IndexOf(':') is > 0 and var colon && IsOid(trimmed[..colon].ToString())) return LabelForm.Plain;
        return TryArmoured(text, out var octets) && octets is [0x31, ..] ? LabelForm.Ess : LabelForm.Display;
    }

    // Categories in the syntax of MISSI are of a kind that only their policy tells.
    private static SecurityLabel Resolved(SecurityLabel label, PolicySet policies) => policies.Find(label.Policy) is { } policy ? MissiCategories.Resolve(label, policy) : label;

    // RFC 7444 §4: a field begins with a parameter.
    private static bool BeginsWithParameter(ReadOnlySpan<char> text)
    {
        var equals = text.IndexOf('=');
        if (equals < 0) return false;
        var name = text[..equals].Trim();
        if (name.IndexOf('*') is >= 0 and var star) name = name[..star];
        return name.Equals("marking", StringComparison.OrdinalIgnoreCase) || name.Equals("fgcolor", StringComparison.OrdinalIgnoreCase) || name.Equals("bgcolor", StringComparison.OrdinalIgnoreCase)
            || name.Equals("type", StringComparison.OrdinalIgnoreCase) || name.Equals("label", StringComparison.OrdinalIgnoreCase);
    }

    private static byte[] Armoured(string text) =>
        TryArmoured(text, out var octets) ? octets : throw new LabelRefusedException(LabelFault.Malformed, "it is neither DER nor base64, hexadecimal or PEM");

    private static bool TryArmoured(string text, out byte[] octets)
    {
        octets = [];
        try
        {
            if (PemEncoding.TryFind(text, out var fields))
            {
                octets = Convert.FromBase64String(text[fields.Base64Data]);
                return true;
            }

            var bare = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
            var digits = bare.Replace(":", "", StringComparison.Ordinal);
            // In base64 a label begins with M: no text is both.
            octets = digits.Length > 0 && digits.All(char.IsAsciiHexDigit) ? Convert.FromHexString(digits) : Convert.FromBase64String(bare);
            return octets.Length > 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // Null: it is none. A label in DER always has octets that no text has.
    private static string? Text(ReadOnlySpan<byte> octets)
    {
        try
        {
            var text = Strict.GetString(octets);
            return text.Any(c => char.IsControl(c) && c is not ('\r' or '\n' or '\t')) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string OneLine(string text)
    {
        var line = text.Trim().TrimStart('\uFEFF');
        return line.AsSpan().ContainsAny('\r', '\n') ? throw new LabelRefusedException(LabelFault.Malformed, "it is more than one line") : line;
    }

    private static LabelRefusedException Binary() => new(LabelFault.Malformed, "it is no text");

    private static bool LooksLikeFile(string argument) =>
        argument.Contains('/', StringComparison.Ordinal) || Path.GetExtension(argument).ToUpperInvariant() is ".XML" or ".DER" or ".TXT" or ".B64" or ".PEM" or ".BIN" or ".NATO" or ".EML" or ".LABEL";

    private static bool IsOid(string text) => text.Contains('.', StringComparison.Ordinal) && text.Split('.').All(a => a.Length > 0 && a.All(char.IsAsciiDigit));
}
