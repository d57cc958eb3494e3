using System.Globalization;
using System.Text;
using MilSwitch.Domain.Military;
using MilSwitch.Mime;

namespace MilSwitch.Benchmarks.Military;

/// <summary>Reading and judging the MMHS fields of a header: fields a second of the thread's processor time, and octets for each.</summary>
internal static class MmhsFigures
{
    private const int Headers = 50_000;

    private const string All =
        "MMHS-Exempted-Address:\r\n UK SHL CGT Samuals G <graham.samuals@shl.example.com>,\r\n UK SHL Duty Officer <duty@shl.example.com>\r\n"
        + "MMHS-Extended-Authorisation-Info: Mon, 09 Aug 2010 15:27:40 +0100\r\nMMHS-Subject-Indicator-Codes: SDM; KKZ ; BRL\r\n"
        + "MMHS-Handling-Instructions: RXFPA ZOV MINDEF\r\nMMHS-Message-Instructions: MINIMIZE CONSIDERED; NO DISTRIBUTION\r\nMMHS-Codress-Message-Indicator: 23\r\n"
        + "MMHS-Originator-Reference: IMSCOM-JIC-612-78\r\nMMHS-Primary-Precedence: 4 (flash)\r\nMMHS-Copy-Precedence: priority\r\n"
        + "MMHS-Message-Type: 0(exercise); identifier=\"CANDLE FISH\"\r\nMMHS-Other-Recipients-Indicator-To: UK SHL COS; UK SHL IM\r\n"
        + "MMHS-Other-Recipients-Indicator-CC: UK SHL LEGAD\r\nMMHS-Acp127-Message-Identifier: RPDLE 1234 0341215\r\nMMHS-Originator-PLAD: SACLANT\r\n"
        + "MMHS-Authorizing-Users: UK SHL COS <cos@shl.example.com>\r\n";

    private const string Others = "From: a@shl.example.com\r\nTo: b@shl.example.com\r\nCc: c@shl.example.com\r\nSubject: order\r\nDate: Mon, 09 Aug 2010 15:27:40 +0100\r\nMessage-ID: <1@shl.example.com>\r\n";

    public static void Run()
    {
        Console.WriteLine("header                       fields/s   octets/field");
        Measure("all fifteen fields", All);
        Measure("four fields", string.Concat(All.Split("\r\n").Where(l => l.StartsWith("MMHS-E", StringComparison.Ordinal) && l.Length > 30 || l.Contains("Precedence", StringComparison.Ordinal) || l.Contains("Codes", StringComparison.Ordinal)).Select(l => l + "\r\n")));
        Measure("fifteen with faults", All.Replace("SDM;", "SD;", StringComparison.Ordinal).Replace("priority", "prior", StringComparison.Ordinal).Replace("Mon,", "Tue,", StringComparison.Ordinal));
    }

    private static void Measure(string name, string fields)
    {
        var octets = Encoding.ASCII.GetBytes(Others + fields + "\r\n");
        var rules = new MmhsRules { Presence = true, Require = [MmhsField.ExtendedAuthorisationInfo] };
        var count = MmhsReader.Read(HeaderBlock.Scan(octets, 1 << 20, 1_000)).Present.Length;
        for (var i = 0; i < Headers / 4; i++) Work();
        var best = double.MaxValue;
        long allocated = 0;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Smime.ThreadClock.Now;
            for (var i = 0; i < Headers; i++) Work();
            best = Math.Min(best, Smime.ThreadClock.Now - start);
            allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Headers;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-22}  {Headers * count / best,13:N0}   {allocated / count,12:N0}"));

        void Work()
        {
            var header = HeaderBlock.Scan(octets, 1 << 20, 1_000);
            MmhsPresence.Missing(header, MmhsReader.Read(header), rules);
        }
    }
}
