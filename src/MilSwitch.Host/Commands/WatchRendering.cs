using System.Globalization;
using MilSwitch.Host.Api;
using MilSwitch.Host.Configuration;

namespace MilSwitch.Host.Commands;

/// <summary>What those see who keep the watch, as text.</summary>
internal static partial class Rendering
{
    public static void Write(TextWriter output, OverviewView view)
    {
        Text.WriteTable(output, ["PRECEDENCE", "QUEUED", "OLDEST", "WITHIN", "LEFT"], view.Levels.Select(l => (IReadOnlyList<string>)
        [
            l.Precedence, Text.Number(l.Queued), l.Oldest is { } oldest ? Notation.Write(view.At - oldest) : "-", l.SpeedOfService is { } within ? Notation.Write(TimeSpan.FromSeconds(within)) : "-",
            l.Left is not { } left ? "-" : left < 0 ? "late " + Notation.Write(TimeSpan.FromSeconds(-left)) : Notation.Write(TimeSpan.FromSeconds(left)),
        ]));
        output.WriteLine();
        Text.WriteTable(output, ["NODE", "STATE", "STORE", "QUEUED", "HELD", "VERSION"], view.Nodes.Select(n => (IReadOnlyList<string>)
            [n.Node, !n.Answers ? "lost" : n.Ready ? "ready" : "not ready", n.Spool ?? "-", Text.Number(n.Queued), Text.Number(n.Held), n.Version ?? "-"]));
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"last hour: {view.Traffic.Sum(t => t.Accepted)} accepted, {view.Traffic.Sum(t => t.Delivered)} delivered, {view.Traffic.Sum(t => t.Failed)} failed"));
    }

    public static void Write(TextWriter output, InspectedView view)
    {
        output.WriteLine(string.Join(' ', [view.Verdict, .. view.Reasons]));
        foreach (var layer in view.Layers)
        {
            output.WriteLine(Text.Printable($"{layer.Type} (part {layer.Part}): {string.Join(' ', [layer.Verdict, .. layer.Reasons])}{(layer.Label is null ? "" : $", label {layer.Label}")}{(layer.Algorithm is null ? "" : $", {layer.Algorithm}")}"));
            foreach (var signer in layer.Signers)
                output.WriteLine(Text.Printable($"{new string(' ', 2 * (signer.Depth + 1))}{(signer.Depth > 0 ? "countersigned by " : "by ")}{signer.Subject ?? "unknown signer"}{(signer.Role is null ? "" : $" ({signer.Role})")}: {string.Join(' ', [signer.Verdict, .. signer.Reasons])}"));
            foreach (var recipient in layer.Recipients) output.WriteLine(Text.Printable("  for " + recipient));
        }

        foreach (var part in view.Parts) output.WriteLine(Text.Printable(string.Create(CultureInfo.InvariantCulture, $"{part.Number} {part.Type}, {part.Size} octets{(part.Name is null ? "" : ", " + part.Name)}")));
        if (view.Fields.Count == 0) return;
        output.WriteLine();
        foreach (var field in view.Fields) output.WriteLine(Text.Printable($"{field.Name}: {field.Value}"));
        if (view.Text is null) return;
        output.WriteLine();
        foreach (var line in view.Text.ReplaceLineEndings("\n").Split('\n')) output.WriteLine(Text.Printable(line));
    }

    public static void Write(TextWriter output, KeyFactsView view)
    {
        Text.WriteTable(output, ["CERTIFICATE", "UNTIL", "SUBJECT", "ISSUER"], view.Certificates.Select(c => (IReadOnlyList<string>)[c.Name, Text.Time(c.Until), c.Subject, c.Issuer]));
        if (view.RevocationLists.Count > 0)
        {
            output.WriteLine();
            Text.WriteTable(output, ["REVOCATION LIST", "ISSUED", "NEXT", "FROM"], view.RevocationLists.Select(l => (IReadOnlyList<string>)[l.Issuer, Text.Time(l.Issued), Text.Time(l.Next), l.IsFetched ? "fetched" : "configuration"]));
        }

        if (view.Tokens.Count == 0) return;
        output.WriteLine();
        Text.WriteTable(output, ["TOKEN", "STATE", "SINCE", "WHY"], view.Tokens.Select(t => (IReadOnlyList<string>)[t.Name, t.State, Text.Time(t.Since), t.Reason]));
        if (view.Tokens.All(t => t.Load is null)) return;
        output.WriteLine();
        Text.WriteTable(
            output, ["TOKEN", "SESSIONS", "BUSY", "WAITING", "DONE", "FAILURES", "THE LAST ONE"],
            view.Tokens.Where(t => t.Load is not null).Select(t => (t.Name, Load: t.Load!)).Select(t => (IReadOnlyList<string>)
            [
                t.Name, $"{Text.Number(t.Load.Open)}/{Text.Number(t.Load.Wanted)}", Text.Number(t.Load.Busy), Text.Number(t.Load.Waiting),
                string.Join(' ', t.Load.Levels.Where(l => l.Done > 0).Select(l => $"{l.Precedence}:{Text.Number(l.Done)}")), Text.Number(t.Load.Failures),
                t.Load.LastFailure is { } last ? $"{Text.Time(last.At)} {Text.Printable(last.Cause)}" : "",
            ]));
    }

    public static void Write(TextWriter output, Page<WatchNoteView> page)
    {
        foreach (var note in page.Items)
        {
            output.WriteLine($"{Text.Time(note.At)} {Text.Printable(note.Who)} {note.Kind} on {Text.Printable(note.Node)}");
            foreach (var line in note.Text.ReplaceLineEndings("\n").Split('\n')) output.WriteLine("  " + Text.Printable(line));
        }

        if (page.Next is { } next) output.WriteLine($"more: --after {next}");
    }
}
