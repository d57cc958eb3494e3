using MilSwitch.Smime.Inspection;
using MilSwitch.Smime.Verdicts;

namespace MilSwitch.Host.Commands;

/// <summary>An inspection for people: an indented tree with verdict, signer, label and why.</summary>
internal static class InspectionTree
{
    public static void Write(TextWriter output, InspectionReport report, DateTimeOffset at)
    {
        output.WriteLine(report.Verdict);
        output.WriteLine($"as of {Text.Time(at)}");
        WriteReasons(output, "", report.Reasons);
        foreach (var layer in report.Layers) Write(output, layer, new string(' ', 2 * (1 + Depth(layer))));
        WriteIdentity(output, report.Identity);
        WriteHeader(output, report.HeaderProtection);
        if (report.Label is { } label) Write(output, label);
        if (report.Mmhs is { } mmhs) Write(output, mmhs);
        foreach (var file in report.Attachments) output.WriteLine($"attachment {file.Part}: {Text.Printable(file.Name ?? "(no name)")}, {Text.Printable(file.Type)}, {Text.Number(file.Size)} octets");
    }

    private static void Write(TextWriter output, MmhsReport mmhs)
    {
        var type = mmhs.MessageType is { } value ? Text.Number(value) + (mmhs.MessageTypeIdentifier is { } identifier ? $" \"{identifier}\"" : "") : null;
        (string Name, string? Value)[] heads =
        [
            ("primary precedence", mmhs.PrimaryPrecedence), ("copy precedence", mmhs.CopyPrecedence), ("message type", type), ("date-time group", mmhs.DateTimeGroup),
        ];
        output.WriteLine(string.Join(", ", heads.Where(h => h.Value is not null).Select(h => $"{h.Name} {Text.Printable(h.Value!)}")) is { Length: > 0 } told ? "military: " + told : "military:");
        (string Name, IEnumerable<string> Values)[] lines =
        [
            ("subject indicator codes", mmhs.SubjectIndicatorCodes ?? []), ("originator's reference", Of(mmhs.OriginatorReference)), ("originator", Of(mmhs.OriginatorPlad)),
            ("authorised by", mmhs.AuthorizingUsers ?? []), ("handling instructions", mmhs.HandlingInstructions ?? []), ("message instructions", mmhs.MessageInstructions ?? []),
            ("exempted", mmhs.ExemptedAddresses ?? []), ("to by other means", mmhs.OtherRecipientsTo ?? []), ("copies by other means", mmhs.OtherRecipientsCc ?? []),
            ("codress", Of(mmhs.CodressMessageIndicator is { } codress ? Text.Number(codress) : null)), ("ACP 127 identifier", Of(mmhs.Acp127MessageIdentifier)),
        ];
        foreach (var (name, values) in lines.Where(l => l.Values.Any())) output.WriteLine($"  {name}: {Text.Printable(string.Join("; ", values))}");
        foreach (var fault in mmhs.Faults ?? []) output.WriteLine($"  FAULT {Text.Printable(fault)}");

        static IEnumerable<string> Of(string? value) => value is null ? [] : [value];
    }

    private static void Write(TextWriter output, LayerReport layer, string indent)
    {
        output.WriteLine($"{indent}{layer.Type}{(layer.ContentEncryption is { } cipher ? $" with {cipher}" : "")}: {layer.Verdict} (part {layer.Part})");
        indent += "  ";
        if (layer.Signers.IsEmpty) WriteReasons(output, indent, layer.Reasons);
        foreach (var signer in layer.Signers) Write(output, signer, "signed by", indent);
        foreach (var recipient in layer.Recipients) output.WriteLine($"{indent}for {recipient.Type} {Text.Printable(recipient.Id)}{(recipient.Opened ? ", opened" : "")}");
        if (layer.Label is { } label) output.WriteLine($"{indent}label: {Of(label)}");
        foreach (var equivalent in layer.EquivalentLabels) output.WriteLine($"{indent}equivalent label: {Of(equivalent)}");
        if (layer.ReceiptRequest is { } request) output.WriteLine($"{indent}asks for a receipt from {request.From} to {Text.Printable(string.Join(", ", request.To))}, content {request.ContentIdentifier}");
        if (layer.Receipt is { } receipt) output.WriteLine($"{indent}receipt for content {receipt.ContentIdentifier}");
        foreach (var list in layer.MlExpansionHistory) output.WriteLine($"{indent}passed on by list {Text.Printable(list.List)} at {Text.Time(list.ExpansionTime)}");
        if (layer.ContentHints is { } hints) output.WriteLine($"{indent}content hint: {Text.Printable(hints)}");
        if (layer.ContentReference is { } reference) output.WriteLine($"{indent}refers to content {reference}");
    }

    private static void Write(TextWriter output, SignerReport signer, string what, string indent)
    {
        var who = signer.Subject ?? $"{signer.Issuer ?? "?"}, serial {signer.Serial ?? "?"}, certificate not at hand";
        output.WriteLine($"{indent}{what} {Text.Printable(who)}: {signer.Verdict}");
        indent += "  ";
        output.WriteLine($"{indent}{signer.Digest}, {signer.Signature}{(signer.SigningTime is { } time ? $", says at {Text.Time(time)}" : "")}{(signer.SignatureType is { } type ? $", as {type}" : "")}");
        if (signer.Number > 0) output.WriteLine($"{indent}signature {Text.Number(signer.Number)}, {signer.Role}{(signer.Covers.IsEmpty ? "" : (what is "signed by" ? ", around " : ", on ") + string.Join(", ", signer.Covers.Select(c => Text.Number(c))))}");
        if (!signer.Addresses.IsEmpty) output.WriteLine($"{indent}for {Text.Printable(string.Join(", ", signer.Addresses))}");
        WriteReasons(output, indent, signer.Reasons);
        foreach (var counter in signer.Countersigners) Write(output, counter, "countersigned by", indent);
    }

    private static void WriteIdentity(TextWriter output, IdentityReport identity)
    {
        if (identity.From.IsEmpty && identity.Detail is null) return;
        output.WriteLine($"sender: {Text.Printable(identity.From.IsEmpty ? "-" : string.Join(", ", identity.From))}: {identity.Match}{(identity.Detail is { } detail ? $" ({Text.Printable(detail)})" : "")}");
    }

    // Fields that nothing protects are told in the JSON; people want to know what differs and what is hidden.
    private static void WriteHeader(TextWriter output, HeaderProtectionReport header)
    {
        output.WriteLine($"header protection: {header.Scheme}");
        foreach (var field in header.Fields.Where(f => f.Mismatch || f.Status is not "unprotected"))
        {
            output.WriteLine($"  {Text.Printable(field.Name)}: {field.Status}{(field.Mismatch ? ", MISMATCH" : "")}: {Text.Printable(field.Protected ?? "-")}{(field.Outer == field.Protected ? "" : $" (outside: {Text.Printable(field.Outer ?? "-")})")}");
        }
    }

    private static void WriteReasons(TextWriter output, string indent, IEnumerable<string> reasons)
    {
        foreach (var reason in reasons) output.WriteLine($"{indent}{reason}: {ReasonWords.Find(reason)?.Words()}");
    }

    private static void Write(TextWriter output, MessageLabelReport label)
    {
        var what = label.Marking is { } marking ? $"\"{Text.Printable(marking)}\", " : "";
        var policy = label.Policy is { } id ? $"policy {id}{(label.Classification is { } level ? $", classification {level}" : "")}, " : "";
        output.WriteLine($"label: {what}{policy}from {string.Join(", ", label.Sources)}{(label.Agree ? "" : "; they do not agree")}");
        foreach (var difference in label.Differences.Concat(label.Faults)) output.WriteLine("  " + Text.Printable(difference));
    }

    private static string Of(LabelReport label)
    {
        if (label.Marking is { } marking) return $"\"{Text.Printable(marking)}\", policy {label.Policy}{(label.Classification is { } value ? $", classification {value}" : "")}";
        var categories = string.Concat(label.Categories.Select(c => $", {c.TagSet} {c.Type} {Text.Printable(string.Join('/', c.Values))}"));
        return $"policy {label.Policy}{(label.Classification is { } level ? $", classification {level}" : "")}{(label.PrivacyMark is { } mark ? $", \"{Text.Printable(mark)}\"" : "")}{categories}";
    }

    private static int Depth(LayerReport layer) => layer.Part.Count(c => c == '.');
}
