using System.Text;

namespace MilSwitch.Labels.Tests.Policies;

/// <summary>Changes good documents, the same for the same seed.</summary>
internal static class PolicyMutations
{
    private static readonly string[] Pieces =
    [
        "<", ">", "\"", "/>", "&amp;", "&#0;", "&#x202E;", "<!--", "]]>", "<![CDATA[", "-1", "99999999999999999999", " lacv=\"1\"", " xml:lang=\"\"", " xmlns=\"\"", "<SPIF/>", "\0", "\u200B", "é", "true", "all=\"true\"",
    ];

    public static byte[] Xml(byte[] document, int seed)
    {
        var random = new Random(seed);
        var text = document.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(text.Count);
            switch (random.Next(5))
            {
                case 0:
                    text[at] = (byte)random.Next(256);
                    break;
                case 1:
                    text.RemoveRange(at, Math.Min(random.Next(1, 60), text.Count - at));
                    break;
                case 2:
                    text.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3:
                    // A whole line again: what is there twice.
                    var begin = text.LastIndexOf((byte)'\n', at) + 1;
                    var end = text.IndexOf((byte)'\n', at);
                    if (end > begin) text.InsertRange(end, text.GetRange(begin, end - begin));
                    break;
                default:
                    var digit = text.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0) text[digit] = (byte)('0' + random.Next(10));
                    break;
            }

            if (text.Count is 0) text.Add((byte)'<');
        }

        return [.. text];
    }

    public static byte[] Der(byte[] document, int seed)
    {
        var random = new Random(seed);
        var octets = document.ToList();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(octets.Count);
            switch (random.Next(3))
            {
                case 0:
                    octets[at] = (byte)random.Next(256);
                    break;
                case 1:
                    octets.RemoveAt(at);
                    break;
                default:
                    octets.Insert(at, (byte)(random.Next(2) is 0 ? 0x80 : random.Next(256)));
                    break;
            }

            if (octets.Count is 0) octets.Add(0x30);
        }

        return [.. octets];
    }
}
