using System.Text.RegularExpressions;

namespace MilSwitch.Smtp.Tests.Server;

/// <summary>
/// Plays a dialogue written as <c>C:</c> and <c>S:</c> lines. In an <c>S:</c> line <c>*</c> stands for anything; in a
/// <c>C:</c> line <c>\r \n \0</c> and <c>\xHH</c> are escapes and a trailing <c>\</c> leaves CRLF out. <c>S: (closed)</c> means the session ended.
/// </summary>
internal static class Transcript
{
    public static void Play(SessionBench bench, string dialogue)
    {
        bench.Start();
        var heard = new Queue<string>();
        foreach (var raw in dialogue.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (raw.StartsWith('#')) continue;
            var text = raw.Length > 3 ? raw[3..] : "";
            if (raw.StartsWith("C:", StringComparison.Ordinal))
            {
                var line = text.EndsWith('\\') ? Unescape(text[..^1]) : Unescape(text) + "\r\n";
                bench.Send(line);
                continue;
            }

            Assert.StartsWith("S:", raw, StringComparison.Ordinal);
            foreach (var line in bench.Read().Split("\r\n", StringSplitOptions.RemoveEmptyEntries)) heard.Enqueue(line);
            if (text == "(closed)")
            {
                Assert.Empty(heard);
                Assert.True(bench.Closed, "The session goes on.");
                continue;
            }

            Assert.True(heard.Count > 0, $"Nothing came where '{text}' was due.");
            var said = heard.Dequeue();
            Assert.True(Regex.IsMatch(said, "^" + Regex.Escape(text).Replace("\\*", ".*", StringComparison.Ordinal) + "$"), $"'{said}' came where '{text}' was due.");
        }

        Assert.Empty(bench.Read());
        Assert.Empty(heard);
    }

    private static string Unescape(string text) => Regex.Replace(text, @"\\(r|n|0|x[0-9a-f]{2})", static match => match.Value[1] switch
    {
        'r' => "\r",
        'n' => "\n",
        '0' => "\0",
        _ => ((char)Convert.ToInt32(match.Value[2..], 16)).ToString(),
    });
}
