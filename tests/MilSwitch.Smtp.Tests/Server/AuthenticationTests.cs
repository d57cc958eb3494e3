using MilSwitch.Domain.Addressing;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smtp.Server;
using MilSwitch.Smtp.Server.Authentication;

namespace MilSwitch.Smtp.Tests.Server;

[Trait("Feature", "A-09")]
public sealed class AuthenticationTests
{
    internal static ScramVerifier Verifier(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8.ToArray()));
        return new ScramVerifier(iterations, salt, stored, HMACSHA256.HashData(salted, "Server Key"u8.ToArray()));
    }

    private static SessionBench Bench()
    {
        var bench = new SessionBench(static settings => settings with { AuthMechanisms = ["EXTERNAL", "SCRAM-SHA-256", "PLAIN"], RequireAuthentication = true });
        bench.Intake.Accounts["bob"] = new Account("bob")
        {
            Scram = Verifier("secret", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 4096),
            HighestPrecedence = Precedence.Immediate,
            Addresses = MailboxSet.TryRead(["bob@example.mil"], out var own, out _) ? own : null,
        };
        return bench.Greeted();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Text(string challenge) => Encoding.UTF8.GetString(Convert.FromBase64String(challenge[4..]));

    internal static string Exchange(SessionBench bench, string name, string password, bool initialResponse = true)
    {
        var bare = $"n={name},r=clientnonce";
        if (!initialResponse) Assert.StartsWith("334", bench.Say("AUTH SCRAM-SHA-256"), StringComparison.Ordinal);
        var challenge = bench.Say((initialResponse ? "AUTH SCRAM-SHA-256 " : "") + Base64("n,," + bare));
        if (!challenge.StartsWith("334 ", StringComparison.Ordinal)) return challenge;
        var serverFirst = Text(challenge);
        var match = Regex.Match(serverFirst, "^r=([^,]+),s=([^,]+),i=([0-9]+)$");
        Assert.True(match.Success, serverFirst);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(match.Groups[2].Value), int.Parse(match.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8.ToArray());
        var withoutProof = $"c=biws,r={match.Groups[1].Value}";
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.UTF8.GetBytes($"{bare},{serverFirst},{withoutProof}"));
        for (var i = 0; i < signature.Length; i++) signature[i] ^= clientKey[i];
        return bench.Say(Base64($"{withoutProof},p={Convert.ToBase64String(signature)}"));
    }

    [Fact]
    public void Matches_the_example_of_rfc_7677()
    {
        var verifier = Verifier("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        var scram = new ScramServer(name => name is "user" ? new Account("user") { Scram = verifier } : null, new ScramDecoy(), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        Assert.Equal(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            Encoding.ASCII.GetString(scram.Start("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"u8)!));
        var (account, proof) = scram.Finish("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="u8);
        Assert.Equal("user", account!.Name);
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", Encoding.ASCII.GetString(proof!));
    }

    [Fact]
    public void Lets_in_by_scram_and_limits_the_reverse_path()
    {
        using var bench = Bench();
        Assert.StartsWith("530 5.7.0", bench.Say("MAIL FROM:<bob@example.mil>"), StringComparison.Ordinal);
        var final = Exchange(bench, "bob", "secret");
        Assert.StartsWith("v=", Text(final), StringComparison.Ordinal);
        Assert.StartsWith("235 2.7.0", bench.Say(""), StringComparison.Ordinal);
        Assert.StartsWith("503", bench.Say("AUTH SCRAM-SHA-256"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.7.1", bench.Say("MAIL FROM:<alice@example.mil>"), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("MAIL FROM:<bob@example.mil> AUTH=<>"), StringComparison.Ordinal);
        Assert.Equal(("bob", Precedence.Immediate), (bench.Intake.LastClient!.AuthenticatedAs, bench.Intake.LastClient.HighestPrecedence));
    }

    [Fact]
    public void Tells_nothing_about_who_exists()
    {
        var shapes = new List<string>();
        foreach (var (name, password) in ((string, string)[])[("bob", "wrong"), ("nobody", "secret"), ("nobody", "x")])
        {
            using var bench = Bench();
            Assert.StartsWith("535 5.7.8", Exchange(bench, "bob", "bad"), StringComparison.Ordinal);
            var challenge = Text(bench.Say("AUTH SCRAM-SHA-256 " + Base64($"n,,n={name},r=clientnonce")));
            shapes.Add(Regex.Replace(challenge, "[A-Za-z0-9+/]", "."));
            Assert.StartsWith("501 5.7.0", bench.Say("*"), StringComparison.Ordinal);
            var again = Text(bench.Say("AUTH SCRAM-SHA-256 " + Base64($"n,,n={name},r=clientnonce")));
            Assert.Equal(challenge.Split(",s=")[1], again.Split(",s=")[1]);
            bench.Say("*");
            Assert.StartsWith("535 5.7.8", Exchange(bench, name, password), StringComparison.Ordinal);
        }

        Assert.Single(shapes.Distinct());
    }

    [Theory]
    [InlineData("p=tls-unique,,n=bob,r=clientnonce")]
    [InlineData("n,a=eve,n=bob,r=clientnonce")]
    [InlineData("n,,m=x,n=bob,r=clientnonce")]
    [InlineData("n,,n=bob")]
    [InlineData("n,,n=b=ob,r=clientnonce")]
    [InlineData("n,,n=,r=clientnonce")]
    [InlineData("n,,n=bob,r=")]
    [InlineData("n,,n=bob,r=client nonce")]
    [InlineData("")]
    public void Refuses_a_bad_first_message(string message)
    {
        using var bench = Bench();
        Assert.StartsWith("535 5.7.8", bench.Say("AUTH SCRAM-SHA-256 " + (message.Length is 0 ? "=" : Base64(message))), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_another_nonce_in_the_final_message()
    {
        using var bench = Bench();
        bench.Say("AUTH SCRAM-SHA-256 " + Base64("n,,n=bob,r=clientnonce"));
        Assert.StartsWith("535", bench.Say(Base64("c=biws,r=clientnonce,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH", "501 5.5.4")]
    [InlineData("AUTH CRAM-MD5", "504 5.5.4")]
    [InlineData("AUTH PLAIN AGJvYgBzZWNyZXQ=", "538 5.7.11")]
    [InlineData("AUTH EXTERNAL =", "538 5.7.11")]
    [InlineData("AUTH SCRAM-SHA-256 a b", "501 5.5.4")]
    [InlineData("AUTH SCRAM-SHA-256 =AAA", "501 5.5.2")]
    [InlineData("AUTH SCRAM-SHA-256 AAA=BBB=", "501 5.5.2")]
    [InlineData("AUTH SCRAM-SHA-256 AA-_", "501 5.5.2")]
    public void Judges_auth(string command, string expected)
    {
        using var bench = Bench();
        Assert.StartsWith(expected, bench.Say(command), StringComparison.Ordinal);
    }

    [Fact]
    public void Offers_no_password_in_the_clear()
    {
        using var bench = Bench();
        var hello = bench.Say("EHLO x");
        Assert.Contains("250-AUTH SCRAM-SHA-256\r\n", hello, StringComparison.Ordinal);
        Assert.DoesNotContain("PLAIN", hello, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_the_lines_of_an_exchange()
    {
        using var bench = Bench();
        Assert.StartsWith("334", bench.Say("AUTH SCRAM-SHA-256"), StringComparison.Ordinal);
        Assert.StartsWith("500 5.5.6", bench.Say(new string('A', 20_000)), StringComparison.Ordinal);
        Assert.StartsWith("250", bench.Say("NOOP"), StringComparison.Ordinal);
    }

    [Fact]
    public void Ends_guessing()
    {
        using var bench = Bench();
        var tries = 0;
        while (!bench.Closed && ++tries < 20) Exchange(bench, "bob", "guess");
        Assert.InRange(tries, 2, 6);
    }
}
