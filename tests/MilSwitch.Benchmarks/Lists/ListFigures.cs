using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MilSwitch.Domain.Addressing;
using MilSwitch.Domain.Lists;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;

namespace MilSwitch.Benchmarks.Lists;

/// <summary>A 4 KiB message made for all members of a list, copy after copy: time and memory for each member.</summary>
internal static class ListFigures
{
    public static async Task RunAsync()
    {
        Console.WriteLine("members   copies   µs/member   KB allocated/member   KB live at most beyond the list");
        using var key = RSA.Create(2048);
        foreach (var count in new[] { 100, 1_000, 10_000 }) await MeasureAsync(count, key);
    }

    private static async Task MeasureAsync(int count, RSA key)
    {
        var now = TimeProvider.System.GetUtcNow();
        var list = new MailingList { Address = Mailbox.Parse("watch@hq.test"), Members = [.. Enumerable.Range(0, count).Select(i => Mailbox.Parse(string.Create(CultureInfo.InvariantCulture, $"m{i:00000}@dest.test")))] };
        var certificates = list.Members.Select(m => (ReadOnlyMemory<byte>)Issue(m.Text, key, now)).ToImmutableArray();
        var own = Issue(list.Address.Text, key, now);
        var ring = new KeyRing(null, new Dictionary<string, ReadOnlyMemory<byte>>(), new Dictionary<string, SoftwareKeyPair> { ["list"] = new(KeyFile.Read(Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem())).Keys[0], own) });
        var agent = new SmimeProtection(ring, TimeProvider.System);
        var settings = new DepartureProtection { Encrypt = new DepartureEncryption { Certificates = certificates }, Expansion = new ListExpansion(new DepartureSigning("list") { Opaque = true }, ListReceiptPolicy.Absent, []) };
        var content = Encoding.ASCII.GetBytes("From: a@origin.test\r\nTo: watch@hq.test\r\nSubject: x\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", 64)));
        // The directory of certificates is read once.
        await CopyAsync(ListPolicy.Next(list, [], "", 1));

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (live, copies, allocated, watch) = (0L, 0, GC.GetTotalAllocatedBytes(), Stopwatch.StartNew());
        var paused = TimeSpan.Zero;
        for (var after = ""; ListPolicy.Next(list, [], after, MailingList.MembersPerCopy) is { IsEmpty: false } members; after = members[^1].Text)
        {
            var made = await CopyAsync(members);
            copies++;
            var pause = Stopwatch.GetTimestamp();
            if (copies % 10 is 1) live = Math.Max(live, GC.GetTotalMemory(forceFullCollection: true) - before);
            GC.KeepAlive(made);
            paused += Stopwatch.GetElapsedTime(pause);
        }

        var time = watch.Elapsed - paused;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count,7}   {copies,6}   {time.TotalMicroseconds / count,9:F0}   {(GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / count,19:F1}   {live / 1024.0,30:F0}"));

        async Task<DepartureOutcome.Protected> CopyAsync(ImmutableArray<Mailbox> members) =>
            (DepartureOutcome.Protected)await agent.ProtectAsync(content, settings, members, null, Precedence.Routine, default);
    }

    private static byte[] Issue(string address, RSA key, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=" + address, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddEmailAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
        return certificate.RawData;
    }
}
