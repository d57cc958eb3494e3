using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Boundaries;
using MilSwitch.Domain.Intake;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Domain.Spool;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Smime.Tests.Protection;

public sealed class SmimeProtectionTests
{
    private const string Plain = "From: alice@origin.test\r\nTo: bob@dest.test\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@origin.test>\r\nSubject: x\r\n\r\nhello\r\n";
    private static readonly Material Keys = new();
    private static readonly SmimeProtection Engine = new(Keys.Ring, TimeProvider.System);
    private static readonly ArrivalProtection Opening = new() { AuthservId = "us.test", Verify = true, Keys = ["bob"], Trust = Keys.Trust };

    [Theory]
    [InlineData("aes256-gcm", true, true)]
    [InlineData("aes256-gcm", false, true)]
    [InlineData("aes256-cbc", true, true)]
    [InlineData("aes256-cbc", false, false)]
    [Trait("Threat", "C8")]
    public async Task Opens_what_is_authentic_and_leaves_the_rest_as_it_came(string content, bool signed, bool opens)
    {
        var made = await ProtectAsync(new DepartureProtection { Sign = signed ? new DepartureSigning("alice") : null, Encrypt = Encrypt(content) });
        var outcome = Assert.IsType<ArrivalOutcome.Accepted>(await ExamineAsync(made, Opening));
        Assert.Equal(opens, outcome.Opened is { } text && Encoding.UTF8.GetString(text.Span).Contains("hello", StringComparison.Ordinal));
        var result = Encoding.UTF8.GetString(outcome.Trace.Span);
        Assert.StartsWith("Authentication-Results: us.test; smime=" + (signed ? "pass" : opens ? "none" : "neutral"), result, StringComparison.Ordinal);
        Assert.Equal([AuditKind.Verified, AuditKind.Decrypted], outcome.Notes.Select(n => n.Kind));
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Names_who_signed_the_message_and_nobody_who_signed_something_in_it()
    {
        var forwarded = Encoding.UTF8.GetString(await ProtectAsync(new DepartureProtection { Sign = new DepartureSigning("bob") }));
        var message = "From: alice@origin.test\r\nTo: bob@dest.test\r\nSubject: fwd\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n" + forwarded;
        var made = Text(await DepartAsync(message, new DepartureProtection { Sign = new DepartureSigning("alice") }));
        var outcome = Assert.IsType<ArrivalOutcome.Accepted>(await ExamineAsync(Encoding.UTF8.GetBytes(made), new ArrivalProtection { AuthservId = "us.test", Verify = true, Trust = Keys.Trust }));
        var result = Encoding.UTF8.GetString(outcome.Trace.Span);
        Assert.Contains("smime=pass", result, StringComparison.Ordinal);
        Assert.Contains("body.smime-identifier=alice@origin.test", result, StringComparison.Ordinal);
        Assert.DoesNotContain("bob@dest.test", result, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_what_was_changed_where_that_is_asked_for()
    {
        var made = Encoding.UTF8.GetString(await ProtectAsync(new DepartureProtection { Sign = new DepartureSigning("alice") }));
        var bent = Encoding.UTF8.GetBytes(made.Replace("hello", "hallo", StringComparison.Ordinal));
        var settings = new ArrivalProtection { AuthservId = "us.test", Verify = true, RefuseInvalid = true, Trust = Keys.Trust };
        Assert.Equal(Refusal.SignatureInvalid, Assert.IsType<ArrivalOutcome.Refused>(await ExamineAsync(bent, settings)).Refusal);
        Assert.IsType<ArrivalOutcome.Accepted>(await ExamineAsync(Encoding.UTF8.GetBytes(made), settings));
        Assert.IsType<ArrivalOutcome.Accepted>(await ExamineAsync(Encoding.UTF8.GetBytes(Plain), settings));
    }

    [Fact]
    [Trait("Threat", "C5")]
    public async Task Whom_a_fetched_list_revokes_is_not_believed_in_the_domain_that_fetched_it()
    {
        var made = await ProtectAsync(new DepartureProtection { Sign = new DepartureSigning("alice") });
        var engine = new SmimeProtection(Keys.Ring, TimeProvider.System) { Status = new Fetched("red", [RevocationList.Read(Keys.Revoking("alice"))]) };
        var settings = new ArrivalProtection { AuthservId = "us.test", Verify = true, Trust = Keys.Trust };
        Assert.Contains("smime=fail", await ResultAsync(settings with { Home = "red" }), StringComparison.Ordinal);
        Assert.Contains("smime=pass", await ResultAsync(settings with { Home = "blue" }), StringComparison.Ordinal);
        Assert.Contains("smime=pass", await ResultAsync(settings), StringComparison.Ordinal);

        async Task<string> ResultAsync(ArrivalProtection asked) =>
            Encoding.UTF8.GetString(Assert.IsType<ArrivalOutcome.Accepted>(await engine.ExamineAsync(made, asked, Precedence.Routine, default)).Trace.Span);
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task Certificates_of_all_recipients_are_asked_for_side_by_side_until_one_is_not_answered_for()
    {
        var people = Enumerable.Range(0, 60).Select(i => $"p{i}@dest.test").ToArray();
        var asked = new ConcurrentDictionary<string, bool>();
        var sixteen = new TaskCompletionSource();
        var finder = new Finder(async (recipient, stop) =>
        {
            asked[recipient.Text] = true;
            if (asked.Count is 16) sixteen.TrySetResult();
            await sixteen.Task;
            // Those behind the first ones are asked for until it is known that one is not answered for.
            if (Array.IndexOf(people, recipient.Text) >= 16) await new TaskCompletionSource().Task.WaitAsync(stop);
            return recipient.Text == people[0] ? new RecipientCertificateAnswer.Unavailable("the directory says nothing") : new RecipientCertificateAnswer.Found(Keys.Certificate("bob"), "test", "");
        });
        var outcome = await SealAsync(new SmimeProtection(Keys.Ring, TimeProvider.System, finder), people);
        Assert.Contains("the directory says nothing", Assert.IsType<DepartureOutcome.Unavailable>(outcome).Reason, StringComparison.Ordinal);
        Assert.InRange(asked.Count, 16, 31);
    }

    [Fact]
    [Trait("Threat", "F29")]
    public async Task All_recipients_of_a_message_have_one_limit_of_time()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var asked = new TaskCompletionSource();
        var finder = new Finder(async (_, stop) =>
        {
            asked.TrySetResult();
            return await new TaskCompletionSource<RecipientCertificateAnswer>().Task.WaitAsync(stop);
        });
        var sealing = SealAsync(new SmimeProtection(Keys.Ring, time, finder), ["a@dest.test", "b@dest.test"]);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Contains("not all of them were answered for in time", Assert.IsType<DepartureOutcome.Unavailable>(await sealing).Reason, StringComparison.Ordinal);
    }

    private static async Task<DepartureOutcome> SealAsync(SmimeProtection engine, string[] to) => await engine.ProtectAsync(
        Encoding.UTF8.GetBytes(Plain), new DepartureProtection { Encrypt = new DepartureEncryption { Certificates = [], FindIn = "red" } }, [.. to.Select(Mailbox.Parse)], null, Precedence.Routine, default);

    [Fact]
    public async Task A_key_that_is_not_there_is_no_reason_to_go_on_without_it()
    {
        Assert.IsType<ArrivalOutcome.Unavailable>(await ExamineAsync(Encoding.UTF8.GetBytes(Plain), Opening with { Keys = ["nobody"] }));
        Assert.IsType<DepartureOutcome.Unavailable>(await DepartAsync(Plain, new DepartureProtection { Sign = new DepartureSigning("nobody") }));
    }

    [Fact]
    public async Task A_route_opens_what_is_authentic_holds_what_is_not_and_passes_on_what_is_for_others()
    {
        var opening = new DepartureProtection { Keys = ["bob"] };
        var authentic = Encoding.UTF8.GetString(await ProtectAsync(new DepartureProtection { Encrypt = Encrypt("aes128-gcm") }));
        Assert.Contains("hello", Text(await DepartAsync(authentic, opening)), StringComparison.Ordinal);
        var malleable = Encoding.UTF8.GetString(await ProtectAsync(new DepartureProtection { Encrypt = Encrypt("aes256-cbc") }));
        Assert.IsType<DepartureOutcome.Impossible>(await DepartAsync(malleable, opening));
        Assert.Equal(authentic, Text(await DepartAsync(authentic, new DepartureProtection { Keys = ["alice"] })));
        Assert.Equal(Plain, Text(await DepartAsync(Plain, opening)));
    }

    [Fact]
    public void Finds_the_certificate_of_a_recipient_or_of_a_domain_above_it()
    {
        var now = TimeProvider.System.GetUtcNow();
        // Its common name is not an authority's.
        Assert.Null(new RecipientDirectory([Keys.Certificate("domain")]).Find(Mailbox.Parse("anybody@unit.test"), now));
        var directory = new RecipientDirectory([Keys.Certificate("bob"), Keys.Certificate("domain")], AuthorityNaming.MailAddress);
        Assert.NotNull(directory.Find(Mailbox.Parse("Bob@dest.test"), now));
        Assert.NotNull(directory.Find(Mailbox.Parse("anybody@a.b.unit.test"), now));
        Assert.NotEqual(directory.Find(Mailbox.Parse("bob@dest.test"), now), directory.Find(Mailbox.Parse("bob@unit.test"), now));
        Assert.Null(directory.Find(Mailbox.Parse("carol@dest.test"), now));
        Assert.Null(directory.Find(Mailbox.Parse("bob@notunit.test"), now));
        Assert.Null(directory.Find(Mailbox.Parse("bob@dest.test"), now.AddYears(5)));
    }

    private static DepartureEncryption Encrypt(string content) => new() { Certificates = [Keys.Certificate("bob")], Content = content };

    private static string Text(DepartureOutcome outcome) => Encoding.UTF8.GetString(Assert.IsType<DepartureOutcome.Protected>(outcome).Content.Span);

    private static async Task<byte[]> ProtectAsync(DepartureProtection settings) => Encoding.UTF8.GetBytes(Text(await DepartAsync(Plain, settings)));

    private static ValueTask<DepartureOutcome> DepartAsync(string text, DepartureProtection settings) =>
        Engine.ProtectAsync(Encoding.UTF8.GetBytes(text), settings, [Mailbox.Parse("bob@dest.test")], null, Precedence.Routine, default);

    private static ValueTask<ArrivalOutcome> ExamineAsync(byte[] octets, ArrivalProtection settings) => Engine.ExamineAsync(octets, settings, Precedence.Routine, default);

    private sealed class Fetched(string domain, IReadOnlyList<RevocationList> lists) : IFetchedStatus
    {
        public IReadOnlyList<RevocationList> ListsOf(string asked) => asked == domain ? lists : [];
    }

    private sealed class Finder(Func<Mailbox, CancellationToken, Task<RecipientCertificateAnswer>> find) : IRecipientCertificates
    {
        public async ValueTask<RecipientCertificateAnswer> FindAsync(string domain, Mailbox recipient, CancellationToken cancellationToken) => await find(recipient, cancellationToken);
    }

    private sealed class Material
    {
        private readonly byte[] authorityDer;
        private readonly byte[] authorityPkcs8;
        private readonly Dictionary<string, SoftwareKeyPair> pairs = new(StringComparer.Ordinal);

        public Material()
        {
            using var authorityKey = RSA.Create(2048);
            var request = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            var now = TimeProvider.System.GetUtcNow();
            using var authority = request.CreateSelfSigned(now.AddDays(-2), now.AddYears(2));
            (authorityDer, authorityPkcs8) = (authority.RawData, authorityKey.ExportPkcs8PrivateKey());
            Trust = new ArrivalTrust { Anchors = [authority.RawData] };
            foreach (var (name, address) in new[] { ("alice", "alice@origin.test"), ("bob", "bob@dest.test"), ("domain", "domain-confidentiality-authority@unit.test") })
            {
                using var key = RSA.Create(2048);
                var leaf = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                var names = new SubjectAlternativeNameBuilder();
                names.AddEmailAddress(address);
                leaf.CertificateExtensions.Add(names.Build());
                leaf.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
                leaf.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
                using var certificate = leaf.Create(authority, now.AddDays(-1), now.AddYears(1), RandomNumberGenerator.GetBytes(8));
                var file = KeyFile.Read(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()));
                pairs.Add(name, new SoftwareKeyPair(file.Keys[0], certificate.RawData));
            }

            Ring = new KeyRing(null, new Dictionary<string, ReadOnlyMemory<byte>>(), pairs);
        }

        public ArrivalTrust Trust { get; }

        public KeyRing Ring { get; }

        public ReadOnlyMemory<byte> Certificate(string name) => pairs[name].Certificate;

        /// <summary>The authority's revocation list with one of them; DER.</summary>
        public byte[] Revoking(string name)
        {
            using var authority = X509CertificateLoader.LoadCertificate(authorityDer);
            using var key = RSA.Create();
            key.ImportPkcs8PrivateKey(authorityPkcs8, out _);
            using var issuer = authority.CopyWithPrivateKey(key);
            using var revoked = X509CertificateLoader.LoadCertificate(pairs[name].Certificate.Span);
            var list = new CertificateRevocationListBuilder();
            list.AddEntry(revoked);
            return list.Build(issuer, 1, TimeProvider.System.GetUtcNow().AddDays(1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, TimeProvider.System.GetUtcNow().AddHours(-1));
        }
    }
}
