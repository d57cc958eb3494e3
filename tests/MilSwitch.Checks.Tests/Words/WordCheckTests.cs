using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using MilSwitch.Checks.Tests.Attachments;
using MilSwitch.Checks.Words;
using MilSwitch.Domain.Checking;

namespace MilSwitch.Checks.Tests.Words;

[Trait("Feature", "J-06")]
public sealed class WordCheckTests
{
    private static readonly WordRules Rules = new()
    {
        Words = [new("granite", "GRANITE", 10), new("two words", "top secret", 40), new("part", "nuc", 5) { IsWholeWord = false }, new("press", "press release", -20)],
        Otherwise = new(10, 50),
        ByClassification = ImmutableDictionary<int, WordThresholds>.Empty.Add(4, new(1_000, 2_000)),
    };

    private static async Task<CheckVerdict> Judge(byte[] mail, int? classification = null, WordRules? rules = null) =>
        await new WordCheck(rules ?? Rules).CheckAsync(Mails.Subject(mail, classification), default);

    [Theory]
    [InlineData("granite")]
    [InlineData("Granite.")]
    [InlineData("ＧＲＡＮＩＴＥ")]
    [InlineData("gra\u200bni\u00adte")]
    [InlineData("gr\u00e4ni\u0301te")]
    [InlineData("grа\u043dite ... grаnіtе")]
    [InlineData("𝐆𝐫𝐚𝐧𝐢𝐭𝐞")]
    [InlineData("(GRΑΝΙΤΕ)")]
    [InlineData("top\n   secret, granite")]
    public async Task Finds_a_word_however_it_is_written(string text) => Assert.NotEqual(CheckOutcome.Passed, (await Judge(Mails.Text(text))).Outcome);

    [Theory]
    [InlineData("granites")]
    [InlineData("pergranite")]
    [InlineData("top")]
    [InlineData("topsecret")]
    public async Task Leaves_other_words_alone(string text) => Assert.Equal(CheckOutcome.Passed, (await Judge(Mails.Text(text))).Outcome);

    [Fact]
    public async Task Adds_weights_up_and_names_rules_and_scores_only()
    {
        var verdict = await Judge(Mails.Text("granite granite top-secret nuclear"));
        Assert.Equal(CheckOutcome.Blocked, verdict.Outcome);
        Assert.Equal(["score 65: held from 10, blocked from 50", "rule two words: 1 of weight 40", "rule granite: 2 of weight 10", "rule part: 1 of weight 5"], verdict.Findings.AsEnumerable());
        Assert.Equal(CheckOutcome.Suspicious, (await Judge(Mails.Text("granite"))).Outcome);
        Assert.Equal(CheckOutcome.Passed, (await Judge(Mails.Text("press release: granite"))).Outcome);
    }

    [Fact]
    public async Task Judges_by_the_classification_of_the_label()
    {
        var mail = Mails.Text("granite top secret");
        Assert.Equal(CheckOutcome.Passed, (await Judge(mail, 4)).Outcome);
        Assert.Equal(CheckOutcome.Blocked, (await Judge(mail, 1)).Outcome);
        var check = new WordCheck(Rules with { Policy = "1.2.1" });
        Assert.Equal(CheckOutcome.Passed, (await check.CheckAsync(Mails.Subject(mail, 4) with { Policy = "1.2.1" }, default)).Outcome);
        Assert.Equal(CheckOutcome.Blocked, (await check.CheckAsync(Mails.Subject(mail, 4) with { Policy = "1.2.2" }, default)).Outcome);
        Assert.Equal(CheckOutcome.Blocked, (await Judge(mail)).Outcome);
    }

    [Fact]
    public async Task Counts_a_word_no_more_often_than_told()
    {
        var rules = Rules with { MostOccurrences = 3 };
        Assert.Equal("rule granite: 3 of weight 10", (await Judge(Mails.Text(string.Concat(Enumerable.Repeat("granite ", 500))), rules: rules)).Findings[1]);
    }

    [Theory]
    [InlineData("<p>gra<b>ni</b>te</p>")]
    [InlineData("gra<!-- x -->nite")]
    [InlineData("gra&#110;ite")]
    [InlineData("gra&shy;nite")]
    [InlineData("<img alt=\"granite\">")]
    [InlineData("<style>.a{content:'granite'}</style>")]
    [InlineData("<!-- granite -->")]
    [InlineData("<a title='x > y' href=granite>x</a>")]
    [InlineData("1 < 2 granite")]
    [InlineData("<p don 't>gra<i>nite</i>")]
    [InlineData("<a x=='>gra<i>nite</i>")]
    [InlineData("<!-- x --!>gra<i>nite</i>")]
    [InlineData("<!-->gra<i>nite</i>")]
    public async Task Reads_html_as_people_and_programs_do(string html) => Assert.Equal(CheckOutcome.Suspicious, (await Judge(Mails.Text(html, "text/html; charset=utf-8"))).Outcome);

    [Theory]
    [InlineData("<td>gra</td><td>nite</td>")]
    [InlineData("gra<br>nite")]
    public async Task Reads_no_word_across_blocks(string html) => Assert.Equal(CheckOutcome.Passed, (await Judge(Mails.Text(html, "text/html"))).Outcome);

    [Fact]
    public async Task Reads_headers_names_and_every_transfer_encoding()
    {
        byte[][] mails =
        [
            Mails.Octets(Mails.Head.Replace("Hello", "=?utf-8?b?R1JBTklURQ==?=", StringComparison.Ordinal) + "\nx"),
            Mails.Octets(Mails.Head.Replace("Hello", "see =?utf-8?q?gra?=\n =?utf-8?q?nite?=", StringComparison.Ordinal) + "\nx"),
            Mails.Octets(Mails.Head + "X-Note: granite\n\nx"),
            Mails.Attaching([1, 2, 3], "application/x-a", "granite.bin"),
            Mails.Mixed("Content-Disposition: attachment; filename*0*=utf-8''gr%61; filename*1=nite\n\nx"),
            Mails.Text(Convert.ToBase64String("xx granite"u8), encoding: "base64"),
            Mails.Text("gra=\nnite", encoding: "quoted-printable"),
            Mails.Text(Convert.ToBase64String(Encoding.GetEncoding("iso-8859-1").GetBytes("grànite")), "text/plain; charset=iso-8859-1", "base64"),
            Mails.Text(Convert.ToBase64String(CodePagesEncodingProvider.Instance.GetEncoding("koi8-r")!.GetBytes("grаnite")), "text/plain; charset=koi8-r", "base64"),
            Mails.Attaching([0xff, 0xfe, .. Encoding.Unicode.GetBytes("grаnite")], "text/plain; charset=iso-8859-1", "x.txt"),
            Mails.Attaching([0xfe, 0xff, .. Encoding.BigEndianUnicode.GetBytes("<p>grа<b>nite</b>")], "text/html", "x.html"),
            Mails.Attaching([0xef, 0xbb, 0xbf, .. "grаnite"u8], "text/plain; charset=iso-8859-1", "x.txt"),
            Mails.Attaching([0, 1, .. "granite"u8, 0], "application/octet-stream", "x.bin"),
            Mails.Attaching(Encoding.Unicode.GetBytes("old document: granite "), "application/msword", "x.doc"),
            Mails.Attaching("<html>gra<b>nite</b>"u8, "application/octet-stream", "x.bin"),
            Mails.Octets($"{Mails.Head}Content-Type: multipart/mixed; boundary=b\n\ngranite\n--b\n\nx\n--b--\n"),
            Mails.Mixed("Content-Type: message/rfc822\n\nSubject: granite\n\nx"),
        ];
        foreach (var mail in mails) Assert.Equal(CheckOutcome.Suspicious, (await Judge(mail)).Outcome);
    }

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Holds_what_it_can_not_read()
    {
        Assert.Equal(["part 1: its character set is not known"], (await Judge(Mails.Text("x", "text/plain; charset=x-own"))).Findings.AsEnumerable());
        Assert.Contains("part 1: its character set is not known", (await Judge(Mails.Text("x", "text/plain; charset=utf-7"))).Findings.AsEnumerable());
        Assert.Equal(["part 1: the base64 is not sound"], (await Judge(Mails.Text("====x", encoding: "base64"))).Findings.AsEnumerable());
        Assert.Equal(CheckOutcome.Suspicious, (await Judge(Mails.Text("x", "multipart/mixed"))).Outcome);
    }

    [Fact]
    public async Task Reads_documents_and_archives_and_holds_those_that_it_can_not_open()
    {
        var run = ZipMaker.Text("<?xml version=\"1.0\"?><w:p><w:r><w:t>gra</w:t></w:r><w:r><w:t>nite</w:t></w:r></w:p>");
        var apart = ZipMaker.Text("<?xml version=\"1.0\"?><w:p>gra</w:p><w:p>nite</w:p>");
        byte[][] found = [ZipMaker.Zip(("word/document.xml", run)), ZipMaker.Zip(("a.txt", [.. "a granite block"u8])), ZipMaker.Zip(("granite.txt", [.. "x"u8]))];
        foreach (var file in found) Assert.Equal("rule granite: 1 of weight 10", (await Judge(Mails.Attaching(file, "application/zip", "x.zip"))).Findings[^1]);
        Assert.Equal(CheckOutcome.Passed, (await Judge(Mails.Attaching(ZipMaker.Zip(("word/document.xml", apart)), "application/zip", "x.zip"))).Outcome);
        byte[][] closed = [ZipMaker.Zip(("a.zip", ZipMaker.Zip(("b.txt", [.. "x"u8])))), [.. ZipMaker.Zip(("a.txt", [.. "x"u8])), 0], ZipMaker.Zip(("zeros", new byte[30 << 20])), ZipMaker.Gzip([.. "granite"u8])];
        foreach (var file in closed) Assert.Equal(["part 1.2: an archive whose words can't be read"], (await Judge(Mails.Attaching(file, "application/zip", "x.zip"))).Findings.AsEnumerable());
    }

    [Fact]
    public void Takes_no_bad_rules()
    {
        Assert.Throws<ArgumentException>(() => new WordRule("a", "...", 1));
        Assert.Throws<ArgumentException>(() => new WordRule("", "a", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordRule("a", "a", 1_001));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordThresholds(10, 9));
        Assert.Throws<ArgumentException>(() => new WordRules { Words = [new("a", "b", 1), new("a", "c", 1)] });
    }

    [Fact]
    [Trait("Threat", "M1")]
    public async Task Takes_linear_time_for_phrases_that_begin_alike()
    {
        var rules = new WordRules { Words = [.. Enumerable.Range(1, 190).Select(n => new WordRule($"r{n}", new string('a', n) + "b", 1))] };
        var watch = Stopwatch.StartNew();
        await Judge(Mails.Text(new string('a', 2_000_000)), rules: rules);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [Fact]
    public void Finds_what_a_plain_search_finds()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            WordRule[] words = [.. Enumerable.Range(0, 8).Select(n => new WordRule($"{n}", Text(random, 1, 5), 1) { IsWholeWord = random.Next(2) is 0 })];
            var text = Text(random, 0, 60);
            var tally = new WordTally(new WordAutomaton([.. words]));
            for (var from = 0; from < text.Length;)
            {
                var length = random.Next(1, text.Length - from + 1);
                tally.Feed(text.AsSpan(from, length));
                from += length;
            }

            tally.Break();
            for (var i = 0; i < words.Length; i++) Assert.Equal(Count(text, words[i]), tally.Counts[i]);
        }

        static string Text(Random random, int least, int most) => string.Concat(Enumerable.Range(0, random.Next(least, most)).Select(_ => "ab."[random.Next(3)])) + "a";

        static int Count(string text, WordRule rule)
        {
            var count = 0;
            for (var at = text.IndexOf(rule.Phrase, StringComparison.Ordinal); at >= 0; at = text.IndexOf(rule.Phrase, at + 1, StringComparison.Ordinal))
            {
                var end = at + rule.Phrase.Length;
                if (!rule.IsWholeWord || ((at is 0 || !char.IsLetter(text[at - 1])) && (end == text.Length || !char.IsLetter(text[end])))) count++;
            }

            return count;
        }
    }
}
