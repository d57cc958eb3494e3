using System.IO.Compression;
using System.Text;
using MilSwitch.Checks.Attachments;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Tests.Attachments;

[Trait("Feature", "J-05")]
public sealed class AttachmentCheckTests
{
    private static readonly byte[] Png = [0x89, .. "PNG\r\n"u8, 0x1a, 0x0a, 0, 0, 0, 13];
    private static readonly byte[] Program = [.. "MZ"u8, 0x90, 0, 3, 0, 0, 0];

    private static async Task<CheckVerdict> Judge(byte[] file, string type = "application/octet-stream", string? name = null, AttachmentRules? rules = null) =>
        await new AttachmentCheck(rules ?? new AttachmentRules()).CheckAsync(Mails.Subject(Mails.Attaching(file, type, name)), default);

    private static async Task Finds(CheckOutcome outcome, string finding, Task<CheckVerdict> judging)
    {
        var verdict = await judging;
        Assert.Contains(finding, verdict.Findings.AsEnumerable());
        Assert.Equal(outcome, verdict.Outcome);
    }

    private static async Task Passes(Task<CheckVerdict> judging) => Assert.Empty((await judging).Findings.AsEnumerable());

    public static TheoryData<byte[], FileKind> Kinds => new()
    {
        { [], FileKind.Empty }, { [.. "hello"u8], FileKind.Text }, { [.. "MZ is the name of a village"u8], FileKind.Text }, { Program, FileKind.WindowsProgram },
        { [0x7f, .. "ELF"u8, 2, 1], FileKind.Elf }, { [0xcf, 0xfa, 0xed, 0xfe], FileKind.MachO }, { [0xca, 0xfe, 0xba, 0xbe, 0], FileKind.Java },
        { [.. "#!/bin/sh\n"u8], FileKind.Script }, { Png, FileKind.Png }, { [0xff, 0xd8, 0xff, 0xe0], FileKind.Jpeg }, { [.. "GIF89a"u8], FileKind.Gif },
        { [.. "junk\n%PDF-1.7"u8], FileKind.Pdf }, { [.. "{\\rtf1"u8], FileKind.Rtf }, { [.. "<?xml version=\"1.0\"?><a/>"u8], FileKind.Xml },
        { [.. " <!DOCTYPE html><p>"u8], FileKind.Html }, { [.. "<svg><script>"u8], FileKind.Html }, { [0x1f, 0x8b, 8], FileKind.Gzip }, { [.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c], FileKind.SevenZip },
        { [.. "Rar!"u8, 0x1a, 7, 1], FileKind.Rar }, { [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], FileKind.CompoundFile }, { [1, 2, 3], FileKind.Unknown },
        { [.. new byte[257], .. "ustar"u8], FileKind.Tar }, { [0xff, 0xfe, (byte)'a', 0], FileKind.Text }, { [0x4c, 0, 0, 0, 1, 0x14, 2, 0], FileKind.Shortcut },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Tells_what_a_file_is(byte[] file, FileKind kind) => Assert.Equal(kind, FileIdentification.Identify(file));

    [Fact]
    public void Names_of_kinds_can_be_read_again()
    {
        foreach (var kind in Enum.GetValues<FileKind>())
        {
            Assert.Matches("^[a-z0-9-]+$", FileKindNames.Of(kind));
            Assert.True(FileKindNames.TryParse(FileKindNames.Of(kind), out var again) && again == kind);
        }
    }

    [Fact]
    public async Task Passes_files_that_are_what_they_say()
    {
        await Passes(Judge(Png, "image/png", "map.png"));
        await Passes(Judge([.. "%PDF-1.7\n1 0 obj"u8], "application/pdf", "order.pdf"));
        await Passes(Judge(ZipMaker.Zip(("a/note.txt", ZipMaker.Text("hello")), ("b.png", Png)), "application/zip", "all.zip"));
        await Passes(Judge(ZipMaker.Document(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "order.docx"));
        await Passes(Judge(ZipMaker.Gzip(ZipMaker.Text("hello")), "application/gzip", "note.txt.gz"));
    }

    [Fact]
    public async Task Holds_files_that_are_not_what_they_say()
    {
        await Finds(CheckOutcome.Suspicious, "part 1.2: its media type is not that of png", Judge(Png, "application/pdf"));
        await Finds(CheckOutcome.Suspicious, "part 1.2: its name is not that of png", Judge(Png, "image/png", "order.pdf"));
        await Finds(CheckOutcome.Suspicious, "part 1.2: a file of the kind unknown", Judge([1, 2, 3]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: its media type is not that of html", Judge([.. "<svg><script>x</script></svg>"u8], "image/svg+xml"));
    }

    [Theory]
    [InlineData("see <script>x</script>", "text/html", null)]
    [InlineData("see <script>x</script>", "application/octet-stream", "see.htm")]
    [InlineData("<?xml version=\"1.0\"?><svg><!-- {0} --><script>x</script></svg>", "image/svg+xml", "see.svg")]
    public async Task Holds_scripts_in_what_is_shown_as_a_page_whatever_it_begins_with(string text, string type, string? name)
    {
        text = text.Replace("{0}", new string('x', 5_000), StringComparison.Ordinal);
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge(ZipMaker.Text(text), type, name));
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge([0xff, 0xfe, .. Encoding.Unicode.GetBytes("see <script>x</script>")], type, name));
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge([0xfe, 0xff, .. Encoding.BigEndianUnicode.GetBytes("see <script>x</script>")], type, name));
        await Passes(Judge([.. "see <script>x</script>"u8], "text/plain", "see.txt"));
    }

    [Fact]
    public async Task Blocks_names_of_programs_in_archives_that_pretend_to_be_documents() =>
        await Finds(CheckOutcome.Blocked, "part 1.2, entry 3: the name of a program", Judge(ZipMaker.Document(("order.js", [.. "x"u8])), "application/zip", "order.zip"));

    [Fact]
    [Trait("Threat", "M1")]
    public void Charges_what_comes_to_nothing()
    {
        var budget = new ArchiveBudget(new AttachmentRules { OpenedOctets = 100_000, LargestEntry = 60_000 });
        Assert.Null(budget.Read(new MemoryStream(new byte[70_000]), 70_000, default));
        Assert.Null(budget.Read(new MemoryStream(new byte[50_000]), 50_000, default));
        Assert.Null(budget.Read(new MemoryStream(new byte[1]), 1, default));
    }

    [Theory]
    [InlineData("run.exe")]
    [InlineData("order.pdf.JS")]
    [InlineData("order.hta. .")]
    public async Task Blocks_names_of_programs(string name) => await Finds(CheckOutcome.Blocked, "part 1.2: the name of a program", Judge([.. "hello"u8], name: name));

    [Theory]
    [InlineData("=?utf-8?q?order=E2=80=AEfdp.txt?=")]
    [InlineData("../x.txt")]
    [InlineData("order.pdf                  .txt")]
    public async Task Holds_names_that_hide_what_they_are(string name) => await Finds(CheckOutcome.Suspicious, "part 1.2: a name that hides what it is", Judge([.. "hello"u8], "text/plain", name));

    [Fact]
    public async Task Blocks_programs_wherever_they_are()
    {
        await Finds(CheckOutcome.Blocked, "part 1.2: a file of the kind windows-program", Judge(Program, "image/png", "a.png"));
        await Finds(CheckOutcome.Blocked, "part 1.2, entry 2: a file of the kind windows-program", Judge(ZipMaker.Zip(("a.txt", [.. "x"u8]), ("b", Program))));
        await Finds(CheckOutcome.Blocked, "part 1.2, entry 1, entry 1, unpacked: a file of the kind elf", Judge(ZipMaker.Zip(("a.zip", ZipMaker.Zip(("b.gz", ZipMaker.Gzip([0x7f, .. "ELF"u8])))))));
        await Finds(CheckOutcome.Blocked, "part 1.2: a file of the kind java", Judge(ZipMaker.Zip(("META-INF/MANIFEST.MF", [.. "x"u8]))));
    }

    [Fact]
    public async Task Holds_documents_with_macros_or_active_content()
    {
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge(ZipMaker.Document(("word/vbaProject.bin", [1, 2]))));
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, .. Encoding.Unicode.GetBytes("_VBA_PROJECT")]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge([.. "%PDF-1.7 << /S /J#61vaScript >>"u8]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge([.. "{\\rtf1{\\object\\objdata 01}}"u8]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: active content", Judge(ZipMaker.Zip(("mimetype", [.. "application/vnd.oasis.opendocument.text"u8]), ("Basic/x.xml", [.. "<?xml version=\"1.0\"?><a/>"u8]))));
        await Passes(Judge(ZipMaker.Document(("word/vbaProject.bin", [1, 2])), rules: new AttachmentRules { HoldsActiveContent = false }));
    }

    [Fact]
    [Trait("Threat", "X1")]
    public async Task Reads_xml_without_types_entities_or_anything_from_outside()
    {
        const string Bad = "XML that is not well formed or has a document type";
        await Finds(CheckOutcome.Suspicious, $"part 1.2: {Bad}", Judge([.. "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"u8], "application/xml"));
        await Finds(CheckOutcome.Suspicious, "part 1.2: XML too deep inside itself", Judge(ZipMaker.Text("<?xml version=\"1.0\"?>" + string.Concat(Enumerable.Repeat("<a>", 100_000))), "application/xml"));
        var outside = "<Relationships><Relationship Type=\"x/attachedTemplate\" TargetMode=\"External\" Target=\"http://x/\"/></Relationships>";
        await Finds(CheckOutcome.Suspicious, "part 1.2, entry 3: the document draws in something from outside", Judge(ZipMaker.Document(("word/_rels/document.xml.rels", ZipMaker.Text(outside)))));
        await Passes(Judge(ZipMaker.Document(("word/_rels/document.xml.rels", ZipMaker.Text(outside.Replace("attachedTemplate", "hyperlink", StringComparison.Ordinal))))));
    }

    [Fact]
    public async Task Holds_what_it_can_not_look_into()
    {
        var zip = ZipMaker.Zip(("a.txt", ZipMaker.Text("hello")));
        var encrypted = ZipMaker.With(ZipMaker.With(zip, "PK\x03\x04"u8, 6, 1), "PK\x01\x02"u8, 8, 1);
        await Finds(CheckOutcome.Suspicious, "part 1.2, entry 1: encrypted, so that it can't be looked into", Judge(encrypted));
        var other = ZipMaker.With(ZipMaker.With(zip, "PK\x03\x04"u8, 8, 14), "PK\x01\x02"u8, 10, 14);
        await Finds(CheckOutcome.Suspicious, "part 1.2, entry 1: packed in a way that is not opened", Judge(other));
        await Finds(CheckOutcome.Suspicious, "part 1.2: encrypted, so that it can't be looked into", Judge([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, .. Encoding.Unicode.GetBytes("EncryptedPackage")]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: encrypted, so that it can't be looked into", Judge([.. "%PDF-1.7 trailer << /Encrypt 5 0 R >>"u8]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: a file of the kind 7z", Judge([.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c]));
        await Finds(CheckOutcome.Suspicious, "part 1.2, unpacked: can't be unpacked", Judge([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    }

    [Fact]
    public async Task Refuses_archives_that_contradict_themselves()
    {
        const string Contradiction = "part 1.2: the directory and the entries of the archive contradict each other";
        var zip = ZipMaker.Zip(("a.txt", ZipMaker.Text("hello")), ("b.txt", ZipMaker.Text("world")));
        byte[][] bad =
        [
            ZipMaker.With(zip, "PK\x03\x04"u8, 30, (byte)'x'),
            ZipMaker.With(zip, "PK\x03\x04"u8, 8, 0),
            ZipMaker.With(zip, "PK\x01\x02"u8, 42, 0, 0, 0, 0),
            ZipMaker.With(zip, "PK\x01\x02"u8, 24, 9),
            ZipMaker.With(zip, "PK\x05\x06"u8, 8, 1, 0, 1, 0),
            [.. "PK\x03\x04"u8, .. new byte[30], .. zip],
        ];
        foreach (var archive in bad.Take(5)) Assert.NotEqual(CheckOutcome.Passed, (await Judge(archive)).Outcome);
        await Finds(CheckOutcome.Suspicious, Contradiction, Judge(bad[0]));
        await Finds(CheckOutcome.Suspicious, Contradiction, Judge(bad[5]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: the archive has no directory at its end", Judge([.. zip, 0]));
        await Finds(CheckOutcome.Suspicious, "part 1.2: an archive at the end of another file", Judge([.. Png, .. Shifted(zip, Png.Length)], "image/png"));
        await Finds(CheckOutcome.Suspicious, "part 1.2: two entries of the archive have one name", Judge(ZipMaker.Zip(("a.txt", [.. "x"u8]), ("A.TXT", [.. "y"u8]))));
        await Finds(CheckOutcome.Suspicious, "part 1.2: an entry leads out of the folder into which it is unpacked", Judge(ZipMaker.Zip(("../a.txt", [.. "x"u8]))));
    }

    // As a program would write it behind another file: offsets count from that file's beginning.
    private static byte[] Shifted(byte[] zip, int by)
    {
        var end = zip.AsSpan().LastIndexOf("PK\x05\x06"u8);
        return ZipMaker.With(zip, "PK\x05\x06"u8, 16, BitConverter.GetBytes(BitConverter.ToInt32(zip, end + 16) + by));
    }

    [Fact]
    [Trait("Threat", "M1")]
    public async Task Blocks_bombs_without_unpacking_them()
    {
        var bomb = ZipMaker.Zip(("zeros", new byte[30 << 20]));
        await Finds(CheckOutcome.Blocked, "part 1.2, entry 1: unpacks to more than allowed", Judge(bomb));
        await Finds(CheckOutcome.Blocked, "part 1.2, unpacked: unpacks to more than allowed", Judge(ZipMaker.Gzip(new byte[30 << 20])));
        await Finds(CheckOutcome.Blocked, "part 1.2, entry 3: unpacks to more than allowed",
            Judge(ZipMaker.Zip([.. Enumerable.Range(0, 3).Select(n => ($"{n}.txt", ZipMaker.Text(new string('x', 900))))]), rules: new AttachmentRules { OpenedOctets = 2_000 }));
        var deep = ZipMaker.Text("x");
        for (var i = 0; i < 5; i++) deep = ZipMaker.Zip(("a.zip", deep));
        await Finds(CheckOutcome.Blocked, "part 1.2, entry 1, entry 1, entry 1: archives too deep inside each other", Judge(deep));
        await Finds(CheckOutcome.Blocked, "part 1.2: the archive has too many entries", Judge(ZipMaker.Zip(("a", [.. "x"u8]), ("b", [.. "y"u8])), rules: new AttachmentRules { Entries = 1 }));
        await Finds(CheckOutcome.Blocked, "part 1.2: too many entries in archives",
            Judge(ZipMaker.Zip([.. Enumerable.Range(0, 6).Select(n => ($"{n}.zip", ZipMaker.Zip(("a.txt", [.. "x"u8]))))]), rules: new AttachmentRules { Entries = 8 }));
    }

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Holds_messages_that_can_be_read_in_two_ways() =>
        Assert.Equal(CheckOutcome.Suspicious, (await new AttachmentCheck(new AttachmentRules()).CheckAsync(Mails.Subject(Mails.Text("AA==AA==", encoding: "base64")), default)).Outcome);

    [Theory]
    [Trait("Threat", "M1")]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Never_throws_for_mutated_archives_and_passes_none_with_a_program_in_it(int seed)
    {
        var random = new Random(seed);
        byte[][] seeds = [ZipMaker.Zip(("a.txt", ZipMaker.Text("hello")), ("b", Program)), ZipMaker.Gzip(Program), ZipMaker.Zip(("a.zip", ZipMaker.Zip(("b", Program))))];
        for (var i = 0; i < 1_500; i++)
        {
            var file = seeds[random.Next(seeds.Length)].ToArray();
            for (var changes = random.Next(1, 6); changes > 0; changes--) file[random.Next(file.Length)] = (byte)random.Next(256);
            var verdict = await Judge(file);
            Assert.Equal(verdict.Outcome is CheckOutcome.Passed, verdict.Findings.IsEmpty);
            if (verdict.Outcome is not CheckOutcome.Passed) continue;
            // Whoever opens it by the library finds no program either.
            Assert.DoesNotContain(Opened(file), content => content.AsSpan().StartsWith(Program));
        }
    }

    private static List<byte[]> Opened(byte[] file)
    {
        var contents = new List<byte[]>();
        try
        {
            switch (FileIdentification.Identify(file))
            {
                case FileKind.Gzip:
                    contents.Add(All(new GZipStream(new MemoryStream(file), CompressionMode.Decompress)));
                    break;
                case FileKind.Zip:
                    using (var zip = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read)) contents.AddRange(zip.Entries.Select(e => All(e.Open())));
                    break;
            }
        }
        catch (InvalidDataException)
        {
            // It opens no further.
        }

        return contents;

        static byte[] All(Stream source)
        {
            using var opened = new MemoryStream();
            using (source) source.CopyTo(opened);
            return opened.ToArray();
        }
    }
}
