using System.Security.Cryptography;
using System.Runtime.ExceptionServices;
using System.Text;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Submission;
using MilSwitch.Smtp.Server.Direct;

namespace MilSwitch.Host.Folders;

/// <summary>
/// One look into a folder: every complete file in it becomes a message, is refused, or stays for the next look. What was taken leaves the folder
/// after the commit; each step may be the last before a crash, and the next look goes on from there.
/// </summary>
/// <param name="desk">Takes the messages.</param>
/// <param name="ledger">Knows which files were taken.</param>
/// <param name="hostName">For a Message-ID that is missing.</param>
/// <param name="time">For a Date that is missing.</param>
/// <param name="log">Tells what became of each.</param>
internal sealed class FolderRound(SubmissionDesk desk, FolderLedger ledger, string hostName, TimeProvider time, FolderLog log)
{
    /// <summary>Files of one look; the others wait for the next.</summary>
    public const int MostFiles = 1_000;

    private const int MostNames = 9_999;
    private const int LongestStem = 200;

    /// <summary>For tests: called between the commit and the move.</summary>
    internal Action<string> Committed { get; set; } = _ => { };

    /// <summary>One look. What went wrong first is thrown at the end.</summary>
    /// <exception cref="IOException">The folder, or a file in it, can't be used as it should.</exception>
    public async Task RunAsync(WatchedFolder folder, CancellationToken cancellationToken)
    {
        Prepare(folder);
        var names = Directory.EnumerateFileSystemEntries(folder.Path, "*.eml").Select(p => Path.GetFileName(p)).Where(n => !n.StartsWith('.')).Take(MostFiles).Order(StringComparer.Ordinal).ToArray();
        ExceptionDispatchInfo? first = null;
        foreach (var name in names)
        {
            if (cancellationToken.IsCancellationRequested) return;
            try
            {
                await TakeAsync(folder, name);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // One file keeps no other back, whatever is the matter with it.
                first ??= ExceptionDispatchInfo.Capture(fault);
            }
        }

        first?.Throw();
    }

    /// <summary>Why the folder may not be used; null: it may.</summary>
    public static string? Fault(string path)
    {
        if (UnixFile.Of(path) is not { } facts) return "does not exist";
        if (!facts.IsFolder) return "is not a folder";
        return (facts.Mode & (int)UnixFileMode.OtherWrite) is 0 ? null : "can be written by everyone on this machine; take that right away (chmod o-w)";
    }

    private static void Prepare(WatchedFolder folder)
    {
        if (Fault(folder.Path) is { } fault) throw new IOException($"{folder.Path} {fault}");
        foreach (var inner in new[] { folder.Done, folder.Refused })
        {
            // Those who may look into the folder may look into these.
            if (UnixFile.Of(inner) is null && !OperatingSystem.IsWindows()) Directory.CreateDirectory(inner, File.GetUnixFileMode(folder.Path) & ~UnixFileMode.OtherWrite);
            if (Fault(inner) is { } inside) throw new IOException($"{inner} {inside}");
        }
    }

    // From the first question to the end: a stop waits for it, so that no file is left between commit and move without need.
    private async Task TakeAsync(WatchedFolder folder, string name)
    {
        var path = Path.Combine(folder.Path, name);
        var opened = UnixFile.Open(path);
        using var file = opened.File;
        if (opened.IsGone) return;
        var facts = file is null ? default : UnixFile.Of(file);
        if (file is null || !facts.IsRegular)
        {
            Refuse(folder, name, null, "it is no file with octets: a link, a folder or a device");
            return;
        }

        if (facts.Size > folder.MaximumSize || Read(file, folder.MaximumSize) is not { } octets)
        {
            Refuse(folder, name, facts.Number, $"it is larger than {Configuration.Notation.WriteSize(folder.MaximumSize)}");
            return;
        }

        var entry = ledger.Entry(folder, name, $"{facts.Number}/{facts.Written}/{Convert.ToHexStringLower(SHA256.HashData(octets.Span))}");
        if (await ledger.HasAsync(entry, CancellationToken.None))
        {
            log.TakenBefore(folder.Name, name);
            await FinishAsync(folder, name, facts.Number, entry);
            return;
        }

        var result = await SubmitAsync(folder, octets, entry);
        if (result.Reason is { } reason)
        {
            if (result.IsFinal) Refuse(folder, name, facts.Number, reason);
            else log.Later(folder.Name, name, reason);
            return;
        }

        log.Taken(folder.Name, name, result.Id);
        Committed(name);
        await FinishAsync(folder, name, facts.Number, entry);
    }

    private async Task<Outcome> SubmitAsync(WatchedFolder folder, ReadOnlyMemory<byte> octets, StoredDocument entry)
    {
        DirectMessage message;
        try
        {
            using var stream = new MemoryStream(octets.ToArray(), writable: false);
            message = await WholeMessage.ReadAsync(stream, folder.From, folder.To.IsEmpty ? null : folder.To, hostName, time.GetUtcNow(), CancellationToken.None);
        }
        catch (SubmissionRefusedException refused)
        {
            return new Outcome(default, string.Join('\n', refused.Faults.Select(f => $"{f.Field}: {f.Text} ({f.Rule})")), true);
        }

        var result = await desk.SubmitAsync(folder.Listener, Origin.Folder + folder.Name, "folder", message with { Beside = entry }, CancellationToken.None);
        if (result.Refusal is not { } reply) return new Outcome(result.Id, null, false);
        var whom = result.Recipient is { } recipient ? $": <{recipient.Text}>" : "";
        return new Outcome(default, $"{reply.Code} {reply.EnhancedCode} {result.Text}{whom}", reply.Code >= 500);
    }

    private async Task FinishAsync(WatchedFolder folder, string name, ulong number, StoredDocument entry)
    {
        if (Move(folder, name, number, folder.Done) is { } moved && folder.Delete) File.Delete(moved);
        UnixFile.SyncFolder(folder.Done);
        UnixFile.SyncFolder(folder.Path);
        await ledger.ForgetAsync(entry.Id, CancellationToken.None);
    }

    private void Refuse(WatchedFolder folder, string name, ulong? number, string reason)
    {
        var told = Free(folder.Refused, name);
        // Before the file goes: whoever finds it there finds the reason too.
        File.WriteAllText(told + ".reason", string.Join('\n', reason.Split('\n').Select(Commands.Text.Printable)) + "\n");
        if (Move(folder, name, number, folder.Refused, told) is null) return;
        UnixFile.SyncFolder(folder.Refused);
        UnixFile.SyncFolder(folder.Path);
        log.Refused(folder.Name, name, reason);
    }

    /// <summary>Where it is now; null: another file has taken its name meanwhile, and stays where it is.</summary>
    private static string? Move(WatchedFolder folder, string name, ulong? number, string into, string? to = null)
    {
        var path = Path.Combine(folder.Path, name);
        if (UnixFile.Of(path) is not { } now || (number is { } one && now.Number != one)) return null;
        to ??= Free(into, name);
        UnixFile.Rename(path, to);
        if (number is not { } read || UnixFile.Of(to)?.Number == read) return to;
        // It came between the look and the move: nobody has read it yet.
        UnixFile.Rename(to, Free(folder.Path, name));
        return null;
    }

    private static string Free(string folder, string name)
    {
        // There is room for a number and for what stands beside it.
        var stem = Path.GetFileNameWithoutExtension(name);
        while (Encoding.UTF8.GetByteCount(stem) > LongestStem) stem = stem[..^1];
        for (var i = 0; i < MostNames; i++)
        {
            var path = Path.Combine(folder, $"{stem}{(i is 0 ? "" : "." + Commands.Text.Number(i))}{Path.GetExtension(name)}");
            if (UnixFile.Of(path) is null) return path;
        }

        throw new IOException($"{folder} has too many files of the name {name}");
    }

    // A file may grow while it is read.
    private static ReadOnlyMemory<byte>? Read(Microsoft.Win32.SafeHandles.SafeFileHandle file, long most)
    {
        using var octets = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (RandomAccess.Read(file, buffer, octets.Length) is > 0 and var count)
        {
            if (octets.Length + count > most) return null;
            octets.Write(buffer, 0, count);
        }

        return octets.GetBuffer().AsMemory(0, (int)octets.Length);
    }

    private sealed record Outcome(MessageId Id, string? Reason, bool IsFinal);
}
