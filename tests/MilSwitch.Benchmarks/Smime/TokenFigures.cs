using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Cms.Signed;
using MilSwitch.Smime.Tests.Tokens;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Benchmarks.Smime;

/// <summary>
/// Signing through the workers of a token beside the token alone, on as many sessions. Several threads work, so these rows go
/// by the clock on the wall and want an idle machine.
/// </summary>
internal static class TokenFigures
{
    private const int Size = SmimeMaterial.Small;

    public static async Task RunAsync(int rounds, TimeSpan window, Func<string, bool> isMeant, Action<Figure, Outcome> print)
    {
        if (!isMeant("token")) return;
        if (Requirement.Missing(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers) is { } missing)
        {
            Console.WriteLine($"token rows are left out: {missing}");
            return;
        }

        using var hsm = new SoftHsm();
        hsm.AddToken("bench");
        using var rsa = RSA.Create(2_048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        hsm.Import("bench", "rsa", rsa);
        hsm.Import("bench", "ec", ec);
        var (rsaCertificate, ecCertificate) = (SoftHsm.Certify(rsa), SoftHsm.Certify(ec));

        await using (var two = new Rig(hsm, "rsa", rsaCertificate, sessions: 2))
        {
            await CompareAsync(new("token: sign a message, RSA-2048, two sessions", SmimeMaterial.Name(Size), "C_Sign", 0.92, None, None), two.SignMessagesAsync, two.SignRawAsync);
            await CompareAsync(new("token: hand-off, RSA-2048, two sessions", "digest", "C_Sign", 0.92, None, None), two.SignAsync, two.SignRawAsync);
            await using var one = new Rig(hsm, "rsa", rsaCertificate, sessions: 1);
            await CompareAsync(new("token: two sessions, RSA-2048", "digest", "one session", 1.85, None, None), two.SignAsync, one.SignAsync);
        }

        await using (var two = new Rig(hsm, "ec", ecCertificate, sessions: 2))
            await CompareAsync(new("token: hand-off, P-256, two sessions", "digest", "C_Sign", 0.92, None, None), two.SignAsync, two.SignRawAsync);

        hsm.Delay(ModuleCall.Sign, TimeSpan.FromMilliseconds(2));
        await using (var many = new Rig(hsm, "ec", ecCertificate, sessions: 16))
        await using (var one = new Rig(hsm, "ec", ecCertificate, sessions: 1))
            await CompareAsync(new("token: 16 sessions, P-256, 2 ms more each", "digest", "one session", 0.9 * 16, None, None), many.SignAsync, one.SignAsync);
        hsm.Delay(ModuleCall.Sign, TimeSpan.Zero);

        foreach (var sessions in (int[])[1, 2])
        {
            await using var rig = new Rig(hsm, "ec", ecCertificate, sessions);
            var waits = new long[3 * rounds];
            for (var i = 0; i < waits.Length; i++) waits[i] = await rig.FlashWaitsAsync(1_000);
            Console.WriteLine($"token: a Flash behind 1,000 Routine, {sessions} session(s): {waits.Max()} operations end before it begins, wanted at most 2 ({waits.Length} times)");
        }

        async Task CompareAsync(Figure figure, Func<TimeSpan, Task<double>> ours, Func<TimeSpan, Task<double>> reference)
        {
            var (ourRates, referenceRates, ratios) = (new double[rounds], new double[rounds], new double[rounds]);
            for (var i = -1; i < rounds; i++)
            {
                var (our, bare) = (await ours(window), await reference(window));
                // The first is thrown away.
                if (i >= 0) (ourRates[i], referenceRates[i], ratios[i]) = (our, bare, our / bare);
            }

            print(figure, new Outcome(Contest.Median(ourRates), Contest.Median(referenceRates), Contest.Median(ratios), null));
        }
    }

    private static ValueTask None() => ValueTask.CompletedTask;

    /// <summary>The workers of a token, and sessions beside them that nobody manages.</summary>
    private sealed class Rig : IAsyncDisposable
    {
        private readonly TokenDirectory directory;
        private readonly TokenKey key;
        private readonly CmsSigner signer;
        private readonly TokenOptions options;
        private readonly TokenKeyIdentity identity;
        private readonly byte[] toSign;
        private readonly byte[] content = SmimeMaterial.Content(Size);
        private readonly int sessions;

        public Rig(SoftHsm hsm, string label, byte[] certificate, int sessions)
        {
            this.sessions = sessions;
            options = new TokenOptions
            {
                Name = label, Library = hsm.Module, Label = "bench", PinFile = hsm.PinFile, Keys = [new TokenKeyOptions(label, KeyRole.DomainSigning)], Sessions = sessions,
            };
            directory = new TokenDirectory([options], TimeProvider.System);
            key = directory.Key(label, certificate);
            signer = new CmsSigner(key);
            using var parsed = X509CertificateLoader.LoadCertificate(certificate);
            identity = new TokenKeyIdentity(label, parsed);
            var digest = SHA256.HashData("benchmark"u8);
            toSign = identity.IsRsa ? TokenSignature.For(isRsa: true, HashAlgorithmName.SHA256, pss: false).DigestInfo(digest) : digest;
        }

        public Task<double> SignMessagesAsync(TimeSpan window) => LoadAsync(window, async () => await SignedDataWriter.SignAsync(new SigningOrder
        {
            Content = new ContentDigests(content), Signers = [signer], SigningTime = SmimeMaterial.Now, Attributes = SmimeMaterial.EssAttributes(1),
        }));

        public Task<double> SignAsync(TimeSpan window) => LoadAsync(window, async () => await key.SignAsync(content.AsMemory(0, 400)));

        /// <summary>Each thread with its own session, and nothing between it and the library.</summary>
        public async Task<double> SignRawAsync(TimeSpan window)
        {
            var counts = new double[sessions];
            var start = new ManualResetEventSlim();
            var threads = Enumerable.Range(0, sessions).Select(i => Task.Factory.StartNew(
                () =>
                {
                    var session = TokenSession.Open(options, Pkcs11Library.At(options.Library));
                    var handle = session.Find(identity);
                    start.Wait();
                    var begin = Stopwatch.GetTimestamp();
                    var count = 0;
                    for (; Stopwatch.GetElapsedTime(begin) < window; count++) Sign(session, handle);

                    counts[i] = count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
                    session.Close();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            start.Set();
            await Task.WhenAll(threads);
            return counts.Sum();
        }

        /// <summary>How many operations end between the asking for an urgent one and its beginning.</summary>
        public async Task<long> FlashWaitsAsync(int queued)
        {
            long ended = 0, waited = 0;
            var routine = Enumerable.Range(0, queued).Select(_ => AskAsync(Precedence.Routine, () => { })).ToArray();
            var before = Interlocked.Read(ref ended);
            await AskAsync(Precedence.Flash, () => waited = Interlocked.Read(ref ended) - before);
            await Task.WhenAll(routine);
            return waited;

            Task AskAsync(Precedence level, Action begin) => directory.DoAsync(
                level, identity, (session, handle) =>
                {
                    begin();
                    var signed = Sign(session, handle);
                    Interlocked.Increment(ref ended);
                    return signed;
                },
                null, null, CancellationToken.None).AsTask();
        }

        public ValueTask DisposeAsync()
        {
            directory.Dispose();
            return ValueTask.CompletedTask;
        }

        private byte[] Sign(TokenSession session, Net.Pkcs11Interop.HighLevelAPI.IObjectHandle handle) =>
            identity.IsRsa ? session.SignPkcs1(handle, toSign) : session.SignEcdsa(handle, toSign);

        // Four callers for each session: always one that waits, so that no session stands idle.
        private async Task<double> LoadAsync(TimeSpan window, Func<Task> operation)
        {
            await operation();
            var begin = Stopwatch.GetTimestamp();
            var count = 0;
            await Task.WhenAll(Enumerable.Range(0, 4 * sessions).Select(_ => Task.Run(async () =>
            {
                while (Stopwatch.GetElapsedTime(begin) < window)
                {
                    await operation();
                    Interlocked.Increment(ref count);
                }
            })));
            return count / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
    }
}
