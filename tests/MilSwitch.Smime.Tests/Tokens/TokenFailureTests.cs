using System.Diagnostics;
using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace MilSwitch.Smime.Tests.Tokens;

[Trait("Feature", "Q-01")]
[Trait("Threat", "F28")]
[Collection(TokenCollection.Name)]
public sealed class TokenFailureTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly byte[] Octets = "attributes to be signed"u8.ToArray();

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(CKR.CKR_DEVICE_ERROR)]
    [InlineData(CKR.CKR_DEVICE_MEMORY)]
    [InlineData(CKR.CKR_DEVICE_REMOVED)]
    [InlineData(CKR.CKR_FUNCTION_FAILED)]
    [InlineData(CKR.CKR_GENERAL_ERROR)]
    [InlineData(CKR.CKR_KEY_HANDLE_INVALID)]
    [InlineData(CKR.CKR_OBJECT_HANDLE_INVALID)]
    [InlineData(CKR.CKR_OPERATION_NOT_INITIALIZED)]
    [InlineData(CKR.CKR_SESSION_CLOSED)]
    [InlineData(CKR.CKR_SESSION_HANDLE_INVALID)]
    [InlineData(CKR.CKR_TOKEN_NOT_PRESENT)]
    [InlineData(CKR.CKR_USER_NOT_LOGGED_IN)]
    public async Task Repeats_once_what_failed_by_no_fault_of_the_caller(CKR answer)
    {
        using var setup = new Setup();
        await setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.Sign, answer, times: 1);
        await setup.SignAsync();
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Tells_what_its_sessions_did_by_precedence_and_why_the_last_attempt_failed()
    {
        using var setup = new Setup(sessions: 2);
        await setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_DEVICE_ERROR, times: 1);
        await setup.SignAsync(Precedence.Flash);
        var load = Assert.Single(new TokenMonitor(setup.Directory).Tokens).Load!;
        Assert.Equal((2, 0, 0, 1L), (load.Wanted, load.Waiting, load.Lost, load.Failures));
        Assert.Equal((1L, 0L, 1L, 1L), (load.Levels[(int)Precedence.Routine].Done, load.Levels[(int)Precedence.Routine].Failed, load.Levels[(int)Precedence.Flash].Done, load.Levels[(int)Precedence.Flash].Failed));
        Assert.Equal("C_Sign answered CKR_DEVICE_ERROR", load.LastFailure!.Cause);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task What_the_token_does_not_do_is_neither_repeated_nor_its_fault()
    {
        using var setup = new Setup(sessions: 1);
        await setup.SignAsync();
        var (sessions, signs) = (setup.Hsm.Calls(ModuleCall.OpenSession), setup.Hsm.Calls(ModuleCall.Sign));
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_KEY_FUNCTION_NOT_PERMITTED, times: 1);
        await Assert.ThrowsAsync<NotSupportedException>(setup.SignAsync);
        Assert.Equal((sessions, signs + 1), (setup.Hsm.Calls(ModuleCall.OpenSession), setup.Hsm.Calls(ModuleCall.Sign)));
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(CKR.CKR_TOKEN_NOT_PRESENT)]
    [InlineData(CKR.CKR_DEVICE_REMOVED)]
    [InlineData(CKR.CKR_SLOT_ID_INVALID)]
    public async Task Waits_for_a_token_whose_slot_is_empty(CKR answer)
    {
        using var setup = new Setup();
        await setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.OpenSession, answer);
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_DEVICE_REMOVED, times: 2);
        var waiting = setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Sick, Soon, "the slot is sick");
        Assert.False(waiting.IsCompleted);
        setup.Hsm.Answer(ModuleCall.OpenSession, CKR.CKR_OK);
        await waiting;
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Falls_sick_when_failures_do_not_end_and_recovers()
    {
        using var setup = new Setup(deadline: TimeSpan.FromSeconds(3));
        await setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_DEVICE_ERROR);
        setup.Hsm.Answer(ModuleCall.OpenSession, CKR.CKR_DEVICE_ERROR);
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(TokenState.Sick, setup.State);
        Assert.Contains("CKR_DEVICE_ERROR", setup.Directory.Health[0].Value.Reason, StringComparison.Ordinal);

        var waiting = setup.SignAsync();
        setup.Hsm.Answer(ModuleCall.OpenSession, CKR.CKR_OK);
        setup.Hsm.Answer(ModuleCall.Sign, CKR.CKR_OK);
        await waiting;
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Goes_on_when_another_session_logs_out_or_closes_all(bool logsOut)
    {
        using var setup = new Setup();
        await setup.SignAsync();
        var library = Pkcs11Library.At(setup.Hsm.Module);
        var slot = library.Find("one", null);
        var stranger = slot.OpenSession(SessionType.ReadOnly);
        if (logsOut) stranger.Logout();
        else slot.CloseAllSessions();
        for (var i = 0; i < 4; i++) await setup.SignAsync();
        Assert.Equal(TokenState.Working, setup.State);
        Assert.Equal(2, setup.Hsm.Calls(ModuleCall.Login));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Waits_for_a_token_that_was_taken_away()
    {
        using var setup = new Setup();
        await setup.SignAsync();
        var away = setup.Hsm.TokenFolder + "-away";
        System.IO.Directory.Move(setup.Hsm.TokenFolder, away);
        System.IO.Directory.CreateDirectory(setup.Hsm.TokenFolder);
        var waiting = setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Sick, Soon, "the slot is sick");
        Assert.False(waiting.IsCompleted);

        System.IO.Directory.Delete(setup.Hsm.TokenFolder, recursive: true);
        System.IO.Directory.Move(away, setup.Hsm.TokenFolder);
        await waiting;
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    public async Task Shows_a_wrong_PIN_once_and_never_tells_it()
    {
        const string wrong = "PIN-CANARY-wrong";
        using var setup = new Setup(sessions: 8, pin: wrong);
        var fault = await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Refused, Soon, "the slot has been refused");
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(1, setup.Hsm.Calls(ModuleCall.Login));
        Assert.DoesNotContain("CANARY", fault + setup.Directory.Health[0].Value.Reason, StringComparison.Ordinal);
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    [InlineData(CKR.CKR_PIN_LOCKED)]
    [InlineData(CKR.CKR_PIN_EXPIRED)]
    [InlineData(CKR.CKR_PIN_INVALID)]
    [InlineData(CKR.CKR_PIN_LEN_RANGE)]
    public async Task Tries_a_refused_login_never_again(CKR answer)
    {
        using var setup = new Setup(answers: hsm => hsm.Answer(ModuleCall.Login, answer));
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(TokenState.Refused, setup.State);
        for (var i = 0; i < 20; i++) await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(1, setup.Hsm.Calls(ModuleCall.Login));
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    [InlineData(0x0002_0000, "one more wrong PIN locks the token")]
    [InlineData(0x0004_0000, "the token's PIN is locked")]
    public async Task Is_never_who_locks_a_token(ulong flag, string reason)
    {
        using var setup = new Setup(answers: hsm => hsm.Claim(flag));
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(TokenState.Refused, setup.State);
        Assert.Contains(reason, setup.Directory.Health[0].Value.Reason, StringComparison.Ordinal);
        Assert.Equal(0, setup.Hsm.Calls(ModuleCall.Login));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Waits_for_a_PIN_that_is_not_there_yet_and_shows_no_empty_one()
    {
        using var setup = new Setup(answers: hsm => File.Delete(hsm.PinFile));
        var waiting = setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Sick, Soon, "the slot is sick");
        SoftHsm.WritePin(setup.Hsm.PinFile, SoftHsm.Pin);
        await waiting;

        using var empty = new Setup(pin: "");
        await Assert.ThrowsAsync<KeyUnavailableException>(empty.SignAsync);
        Assert.Equal((TokenState.Refused, 0), (empty.State, empty.Hsm.Calls(ModuleCall.Login)));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K4")]
    public async Task Shows_no_PIN_that_everybody_can_read()
    {
        using var setup = new Setup(mode: UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(0, setup.Hsm.Calls(ModuleCall.Login));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Gives_up_a_thread_that_hangs_and_goes_on_with_another()
    {
        using var setup = new Setup(sessions: 1, callLimit: TimeSpan.FromMilliseconds(500));
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(5));
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await setup.SignAsync();
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Is_sick_while_no_thread_is_left_and_recovers_when_one_comes_back()
    {
        using var setup = new Setup(sessions: 1, callLimit: TimeSpan.FromMilliseconds(300), lostThreads: 0);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.Equal(TokenState.Sick, setup.State);
        Assert.Contains("1 threads are lost", setup.Directory.Health[0].Value.Reason, StringComparison.Ordinal);
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await setup.SignAsync();
        Assert.Equal(TokenState.Working, setup.State);
    }

    [RequiresTheory(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [InlineData(ModuleCall.OpenSession)]
    [InlineData(ModuleCall.Login)]
    [InlineData(ModuleCall.FindObjectsInit)]
    public async Task A_library_that_hangs_while_it_opens_holds_nobody_beyond_the_deadline(ModuleCall call)
    {
        using var setup = new Setup(sessions: 1, deadline: TimeSpan.FromSeconds(1), callLimit: TimeSpan.FromMilliseconds(200), answers: hsm => hsm.Hold(call));
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<KeyUnavailableException>(setup.SignAsync);
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(8));
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Sick, Soon, "the slot is sick");
        setup.Hsm.Hold(call, on: false);
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Working, Soon, "the slot works");
        await setup.SignAsync();
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Goes_on_with_the_sessions_that_the_token_allows()
    {
        using var setup = new Setup(sessions: 8, answers: hsm =>
        {
            hsm.Hold(ModuleCall.OpenSession);
            hsm.LetGo(ModuleCall.OpenSession, 1);
        });
        await Eventually.ComesTrueAsync(() => setup.State is TokenState.Working, Soon, "the slot works");
        var since = setup.Directory.Health[0].Value.Since;
        setup.Hsm.Answer(ModuleCall.OpenSession, CKR.CKR_SESSION_COUNT);
        setup.Hsm.Hold(ModuleCall.OpenSession, on: false);
        await Eventually.ComesTrueAsync(() => setup.Hsm.Calls(ModuleCall.OpenSession) >= 24, Soon, "every session was asked for, and again");
        await setup.SignAsync();
        Assert.Equal((TokenState.Working, since), (setup.State, setup.Directory.Health[0].Value.Since));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Tokens_of_one_label_are_told_apart_by_serial_number_only()
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "signing", rsa);
        var serial = TokenCatalogue.Read(hsm.Module).Single().Serial;
        hsm.AddToken("one");
        var byLabel = hsm.Options("one", "signing");
        using (var directory = new TokenDirectory([byLabel], TimeProvider.System))
        {
            await Eventually.ComesTrueAsync(() => directory.Health[0].Value.State is TokenState.Sick, Soon, "the slot is sick");
            Assert.Contains("name one by its serial number", directory.Health[0].Value.Reason, StringComparison.Ordinal);
            Assert.Equal(0, hsm.Calls(ModuleCall.Login));
        }

        var bySerial = new TokenOptions { Name = "one", Library = hsm.Module, Serial = serial, PinFile = hsm.PinFile, Keys = byLabel.Keys };
        using (var directory = new TokenDirectory([bySerial], TimeProvider.System))
            Assert.True(rsa.VerifyData(Octets, await directory.Key("signing", SoftHsm.Certify(rsa)).SignAsync(Octets), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task A_key_that_is_missing_takes_nothing_from_the_others()
    {
        using var hsm = new SoftHsm();
        using var rsa = RSA.Create(2048);
        hsm.AddToken("one");
        hsm.Import("one", "signing", rsa);
        using var directory = new TokenDirectory([hsm.Options("one", "signing", "review")], TimeProvider.System);
        var key = directory.Key("signing", SoftHsm.Certify(rsa));
        await key.SignAsync(Octets);
        for (var i = 0; i < 5; i++) await Assert.ThrowsAsync<KeyUnavailableException>(async () => await directory.Key("review", SoftHsm.Certify(rsa)).SignAsync(Octets));
        await key.SignAsync(Octets);
        Assert.Equal((TokenState.Working, "without the keys review"), (directory.Health[0].Value.State, directory.Health[0].Value.Reason));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Another_key_under_the_same_label_is_never_used_for_it()
    {
        using var setup = new Setup(second: true, another: true);
        await Eventually.ComesTrueAsync(() => setup.Directory.Health.All(h => h.Value.State is TokenState.Working), Soon, "both slots work");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => setup.SignAsync()));
        Assert.All(setup.Directory.Health, h => Assert.Equal(TokenState.Working, h.Value.State));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Refuses_what_the_queue_does_not_hold_and_keeps_a_quarter_more_for_urgent_work()
    {
        using var setup = new Setup(sessions: 1, queue: 8);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var held = setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.Hsm.Within > 0, Soon, "one is under way");
        var routine = Enumerable.Range(0, 8).Select(_ => setup.SignAsync()).ToArray();
        foreach (var level in new[] { Precedence.Deferred, Precedence.Routine, Precedence.Priority })
            Assert.Contains("too much waits", (await Assert.ThrowsAsync<KeyUnavailableException>(async () => await setup.Key.At(level).SignAsync(Octets))).Message, StringComparison.Ordinal);
        var urgent = new[] { Precedence.Immediate, Precedence.Override }.Select(level => setup.Key.At(level).SignAsync(Octets).AsTask()).ToArray();
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await setup.Key.At(Precedence.Override).SignAsync(Octets));
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await Task.WhenAll([held, .. routine, .. urgent]);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task What_its_caller_gave_up_is_not_done()
    {
        using var setup = new Setup(sessions: 1);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var held = setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.Hsm.Within > 0, Soon, "one is under way");
        using var giveUp = new CancellationTokenSource();
        var given = setup.Key.SignAsync(Octets, giveUp.Token).AsTask();
        var signs = setup.Hsm.Calls(ModuleCall.Sign);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await held;
        await setup.SignAsync();
        // The held one was in its first of two calls.
        Assert.Equal(signs + 1 + 2, setup.Hsm.Calls(ModuleCall.Sign));
    }

    [Fact]
    public async Task A_library_that_is_not_there_is_told_and_waited_for()
    {
        using var rsa = RSA.Create(2048);
        var options = new TokenOptions
        {
            Name = "none", Library = "/nowhere/libtoken.so", Label = "none", PinFile = "/nowhere/pin", Keys = [new TokenKeyOptions("signing", KeyRole.DomainSigning)], Deadline = TimeSpan.FromMilliseconds(500),
        };
        using var directory = new TokenDirectory([options], TimeProvider.System);
        var fault = await Assert.ThrowsAsync<KeyUnavailableException>(async () => await directory.Key("signing", SoftHsm.Certify(rsa)).SignAsync(Octets));
        Assert.Contains("/nowhere/libtoken.so can't be loaded", fault.Message, StringComparison.Ordinal);
        Assert.Equal(TokenState.Sick, directory.Health[0].Value.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Moves_work_to_another_slot_with_the_key()
    {
        using var setup = new Setup(second: true);
        await setup.SignAsync();
        await Eventually.ComesTrueAsync(() => setup.Directory.Health.All(h => h.Value.State is TokenState.Working), Soon, "both slots work");
        System.IO.Directory.Move(setup.FolderOf("one"), setup.Hsm.TokenFolder + "-away");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => setup.SignAsync()));
        Assert.Equal(TokenState.Working, setup.Directory.Health[1].Value.State);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Flash_overtakes_a_thousand_Routine()
    {
        using var setup = new Setup(sessions: 1);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var done = 0;
        var routine = Enumerable.Range(0, 1_000).Select(async _ =>
        {
            await setup.SignAsync();
            Interlocked.Increment(ref done);
        }).ToArray();
        await Eventually.ComesTrueAsync(() => setup.Hsm.Within > 0, Soon, "one is under way");
        var signs = setup.Hsm.Calls(ModuleCall.Sign);
        var flash = setup.Key.At(Precedence.Flash).SignAsync(Octets).AsTask();
        var atEnd = flash.ContinueWith(_ => setup.Hsm.Calls(ModuleCall.Sign), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        setup.Hsm.Delay(ModuleCall.Sign, TimeSpan.FromMilliseconds(20));
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await flash;
        // Each signature is two calls: one asks for the length.
        Assert.InRange(await atEnd - signs, 1, 2 * 3);
        setup.Hsm.Delay(ModuleCall.Sign, TimeSpan.Zero);
        await Task.WhenAll(routine);
        Assert.Equal(1_000, done);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Sixteen_sessions_work_side_by_side()
    {
        using var setup = new Setup(sessions: 16);
        await setup.SignAsync();
        setup.Hsm.Hold(ModuleCall.Sign);
        var work = Enumerable.Range(0, 64).Select(_ => setup.SignAsync()).ToArray();
        await Eventually.ComesTrueAsync(() => setup.Hsm.Within is 16, Soon, "sixteen calls are in the module");
        setup.Hsm.Hold(ModuleCall.Sign, on: false);
        await Task.WhenAll(work);
        Assert.Equal(1, setup.Hsm.Calls(ModuleCall.Login));
    }

    private sealed class Setup : IDisposable
    {
        private readonly RSA rsa = RSA.Create(2048);
        private readonly HashSet<string> before = [];
        private readonly Dictionary<string, string> folders = [];

        public Setup(
            int sessions = 2, bool second = false, bool another = false, string pin = SoftHsm.Pin, UnixFileMode mode = UnixFileMode.UserRead, TimeSpan? deadline = null, TimeSpan? callLimit = null,
            int lostThreads = 8, int queue = 2_000, Action<SoftHsm>? answers = null)
        {
            using var stranger = RSA.Create(2048);
            foreach (var token in second ? new[] { "one", "two" } : ["one"])
            {
                Hsm.AddToken(token);
                Hsm.Import(token, "signing", another && token is "two" ? stranger : rsa);
                folders[token] = NewFolder(before);
            }

            SoftHsm.WritePin(Hsm.PinFile, pin);
            File.SetUnixFileMode(Hsm.PinFile, mode);
            answers?.Invoke(Hsm);
            Directory = new TokenDirectory([.. folders.Keys.Select(token => Options(token, sessions, deadline, callLimit, lostThreads, queue))], TimeProvider.System);
            Key = Directory.Key("signing", SoftHsm.Certify(rsa));
        }

        public SoftHsm Hsm { get; } = new();

        public TokenDirectory Directory { get; }

        public TokenKey Key { get; }

        public TokenState State => Directory.Health[0].Value.State;

        public string FolderOf(string token) => folders[token];

        public async Task SignAsync() => Assert.True(rsa.VerifyData(Octets, await Key.SignAsync(Octets), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        public async Task SignAsync(Precedence level) => Assert.NotEmpty(await Key.At(level).SignAsync(Octets));

        public void Dispose()
        {
            foreach (var call in Enum.GetValues<ModuleCall>()) Hsm.Hold(call, on: false);
            Directory.Dispose();
            Hsm.Dispose();
            rsa.Dispose();
        }

        private string NewFolder(HashSet<string> known) => System.IO.Directory.GetDirectories(Hsm.TokenFolder).Single(known.Add);

        private TokenOptions Options(string token, int sessions, TimeSpan? deadline, TimeSpan? callLimit, int lostThreads, int queue) => new()
        {
            Name = token, Library = Hsm.Module, Label = token, PinFile = Hsm.PinFile, Keys = [new TokenKeyOptions("signing", KeyRole.DomainSigning)], Sessions = sessions,
            Deadline = deadline ?? TimeSpan.FromSeconds(30), CallLimit = callLimit ?? TimeSpan.FromSeconds(10),
            LostThreads = lostThreads, QueueLength = queue, PollInterval = TimeSpan.FromMilliseconds(200), ReinitialiseInterval = TimeSpan.FromMilliseconds(200),
        };
    }
}
