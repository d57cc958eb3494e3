using System.Collections.Concurrent;
using System.Security.Cryptography;
using MilSwitch.Domain.Precedences;
using MilSwitch.Domain.Protection;
using MilSwitch.Smime.Asn1;
using MilSwitch.Smime.Keys;
using MilSwitch.Smime.Protection;
using MilSwitch.Smime.Tokens;
using MilSwitch.Testing;

namespace MilSwitch.Smime.Tests.Tokens;

/// <summary>A node without a token works with the tokens of others.</summary>
[Trait("Feature", "Q-01")]
[Collection(TokenCollection.Name)]
public sealed class KeyHostTests
{
    private static readonly byte[] Octets = "attributes to be signed"u8.ToArray();

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Signs_opens_and_agrees_as_with_a_token_of_its_own()
    {
        using var field = new Field();
        using var rsa = RSA.Create(2048);
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        field.Add("rsa", rsa, SoftHsm.Certify(rsa));
        field.Add("ec", signing, SoftHsm.Certify(signing));
        using var same = ECDiffieHellman.Create();
        same.ImportSubjectPublicKeyInfo(field.Generate("agreement", TokenKeyKind.P256), out _);
        field.Start();

        var key = field.Far.Key("rsa", field["rsa"]);
        Assert.True(rsa.VerifyData(Octets, await key.SignAsync(Octets), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var pss = field.Far.Key("rsa", field["rsa"], HashAlgorithmName.SHA384, pss: true);
        Assert.True(rsa.VerifyData(Octets, await pss.SignAsync(Octets), HashAlgorithmName.SHA384, RSASignaturePadding.Pss));
        var curve = field.Far.Key("ec", field["ec"]);
        Assert.True(signing.VerifyData(Octets, await curve.SignAsync(Octets), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        Assert.Equal(other.DeriveRawSecretAgreement(same.PublicKey), await field.Far.Key("agreement", field["agreement"]).AgreeAsync(other.PublicKey.ExportSubjectPublicKeyInfo()));

        var secret = RandomNumberGenerator.GetBytes(32);
        var pkcs1 = new AlgorithmIdentifier(TokenKeyIdentity.RsaEncryption, AlgorithmIdentifier.Null);
        Assert.Equal(secret, await key.UnwrapAsync(pkcs1, rsa.Encrypt(secret, RSAEncryptionPadding.Pkcs1), 32));
        Assert.Equal(secret, await key.UnwrapAsync(new AlgorithmIdentifier(OaepParameters.RsaesOaep), rsa.Encrypt(secret, RSAEncryptionPadding.OaepSHA1), 32));
        // One answer for what is wrong, as with a token of its own: a key that fits nothing, always the same.
        var broken = rsa.Encrypt(secret, RSAEncryptionPadding.Pkcs1);
        broken[^1] ^= 1;
        var standIn = await key.UnwrapAsync(pkcs1, broken, 32);
        Assert.Equal(32, standIn!.Length);
        Assert.Equal(standIn, await key.UnwrapAsync(pkcs1, broken, 32));
        Assert.Null(await key.UnwrapAsync(new AlgorithmIdentifier(OaepParameters.RsaesOaep), rsa.Encrypt(secret, RSAEncryptionPadding.Pkcs1), 32));
        Assert.All(field.Peers.Asked, r => Assert.False(r.Operation.Input.Span.IndexOf(Octets) >= 0));
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "F28")]
    public async Task Goes_to_another_node_when_its_own_token_is_lost_and_comes_back()
    {
        using var field = new Field();
        using var rsa = RSA.Create(2048);
        using var hsm = new SoftHsm();
        field.Add("rsa", rsa, SoftHsm.Certify(rsa));
        hsm.AddToken("own");
        hsm.Import("own", "rsa", rsa);
        field.Start(hsm.Options("own", "rsa"));
        var key = field.Far.Key("rsa", field["rsa"]);
        await Eventually.ComesTrueAsync(() => field.Far.Health[0].Value.State is TokenState.Working, TimeSpan.FromSeconds(10), "the own token works");
        await key.SignAsync(Octets);
        Assert.Empty(field.Peers.Asked);

        hsm.Answer(ModuleCall.Sign, Net.Pkcs11Interop.Common.CKR.CKR_DEVICE_REMOVED);
        hsm.Answer(ModuleCall.OpenSession, Net.Pkcs11Interop.Common.CKR.CKR_TOKEN_NOT_PRESENT);
        Assert.True(rsa.VerifyData(Octets, await key.SignAsync(Octets), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.NotEmpty(field.Peers.Asked);
        Assert.Null(field.Far.WhyAway("rsa", field["rsa"]));

        field.Peers.IsThere = false;
        Assert.NotNull(field.Far.WhyAway("rsa", field["rsa"]));
        hsm.Answer(ModuleCall.Sign, Net.Pkcs11Interop.Common.CKR.CKR_OK, 0);
        hsm.Answer(ModuleCall.OpenSession, Net.Pkcs11Interop.Common.CKR.CKR_OK, 0);
        await Eventually.ComesTrueAsync(() => field.Far.WhyAway("rsa", field["rsa"]) is null, TimeSpan.FromSeconds(20), "the own token works again");
        await key.SignAsync(Octets);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    public async Task Serves_what_other_nodes_want_by_its_level()
    {
        using var field = new Field();
        using var rsa = RSA.Create(2048);
        field.Add("rsa", rsa, SoftHsm.Certify(rsa));
        field.Start(sessions: 1);
        var key = field.Far.Key("rsa", field["rsa"]);
        field.Hsm.Hold(ModuleCall.Sign);
        Precedence[] levels = [Precedence.Routine, Precedence.Routine, Precedence.Routine, Precedence.Flash];
        var first = SignAsync(Precedence.Routine);
        await Eventually.ComesTrueAsync(() => field.Hsm.Within is 1, TimeSpan.FromSeconds(10), "one is under way");
        var rest = levels.Select(SignAsync).ToArray();
        await Eventually.ComesTrueAsync(() => field.Host.Offers.Single().Load is 5, TimeSpan.FromSeconds(10), "all are there");
        // The token is asked for the length of the signature and then for the signature.
        field.Hsm.LetGo(ModuleCall.Sign, 2);
        await first;
        field.Hsm.LetGo(ModuleCall.Sign, 2);
        Assert.Same(rest[^1], await Task.WhenAny(rest));
        field.Hsm.Hold(ModuleCall.Sign, false);
        await Task.WhenAll(rest);

        async Task SignAsync(Precedence level) => await key.At(level).SignAsync(Octets);
    }

    [RequiresFact(SoftHsm.Program, FaultyDevice.Compiler, FaultyDevice.Headers)]
    [Trait("Threat", "K2")]
    public async Task Does_nothing_for_others_that_it_would_not_do_for_itself()
    {
        using var field = new Field();
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        field.Add("rsa", rsa, SoftHsm.Certify(rsa));
        field.Add("ec", ec, SoftHsm.Certify(ec));
        field.Start();
        using var elsewhere = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        var sha256 = new byte[32];
        const string Sha256 = "2.16.840.1.101.3.4.2.1";
        var (rsaName, ecName) = (TokenKeyIdentity.FingerprintOf(field["rsa"].Span), TokenKeyIdentity.FingerprintOf(field["ec"].Span));

        Assert.Equal(KeyOutcomeKind.Away, (await AskAsync("nothing", rsaName, new KeyOperation(KeyOperationKind.SignPkcs1, sha256) { Digest = Sha256 })).Kind);
        Assert.Equal(KeyOutcomeKind.Away, (await AskAsync("rsa", ecName, new KeyOperation(KeyOperationKind.SignPkcs1, sha256) { Digest = Sha256 })).Kind);
        // Not what was hashed, and no digest of another length: nobody signs what it does not know to be a digest.
        Assert.Equal(KeyOutcomeKind.NotOffered, (await AskAsync("rsa", rsaName, new KeyOperation(KeyOperationKind.SignPkcs1, Octets) { Digest = Sha256 })).Kind);
        Assert.Equal(KeyOutcomeKind.NotOffered, (await AskAsync("rsa", rsaName, new KeyOperation(KeyOperationKind.SignPkcs1, sha256) { Digest = "1.3.14.3.2.26" })).Kind);
        Assert.Equal(KeyOutcomeKind.NotOffered, (await AskAsync("ec", ecName, new KeyOperation(KeyOperationKind.SignPkcs1, sha256) { Digest = Sha256 })).Kind);
        Assert.Equal(KeyOutcomeKind.NotOffered, (await AskAsync("rsa", rsaName, new KeyOperation(KeyOperationKind.OpenOaep, new byte[256]) { Parameters = Octets, KeyLength = 32 })).Kind);
        Assert.Equal(KeyOutcomeKind.NotOffered, (await AskAsync("rsa", rsaName, new KeyOperation(KeyOperationKind.OpenPkcs1, new byte[256]) { StandIn = sha256, KeyLength = 16 })).Kind);
        // A point of another curve would tell bits of the key.
        var agreed = await AskAsync("ec", ecName, new KeyOperation(KeyOperationKind.Agree, elsewhere.ExportSubjectPublicKeyInfo()));
        Assert.Equal((KeyOutcomeKind.Done, (byte[]?)null), (agreed.Kind, agreed.Result));

        ValueTask<KeyOutcome> AskAsync(string label, string certificate, KeyOperation operation) =>
            field.Host.DoAsync(new KeyRequest(label, certificate, Precedence.Routine, operation), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Without_a_node_that_has_it_a_key_is_away_at_once()
    {
        using var rsa = RSA.Create(2048);
        var certificate = SoftHsm.Certify(rsa);
        using var directory = new TokenDirectory([], TimeProvider.System) { Peers = new Linked([]) };
        Assert.Equal("no node has it", directory.WhyAway("rsa", certificate));
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await directory.Key("rsa", certificate).SignAsync(Octets));
        var monitor = new TokenMonitor(directory, new Dictionary<string, ReadOnlyMemory<byte>> { ["rsa"] = certificate });
        var status = Assert.Single(monitor.Tokens);
        Assert.Equal((TokenMonitor.OtherNodes, TokenCondition.Lost, "no node has the key rsa"), (status.Name, status.State, status.Reason));
    }

    [Fact]
    public async Task Nobody_waits_for_ever_where_other_nodes_can_not_be_asked()
    {
        using var rsa = RSA.Create(2048);
        using var directory = new TokenDirectory([], TimeProvider.System) { Peers = new Broken() };
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await directory.Key("rsa", SoftHsm.Certify(rsa)).SignAsync(Octets));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(4096)]
    [Trait("Threat", "K2")]
    public async Task Believes_no_outcome_that_can_not_be_so(int octets)
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using var directory = new TokenDirectory([], TimeProvider.System) { Peers = new Liar(octets < 0 ? null : new byte[octets]) };
        var (key, curve) = (directory.Key("rsa", SoftHsm.Certify(rsa)), directory.Key("ec", SoftHsm.Certify(ec)));
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await key.SignAsync(Octets));
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await curve.SignAsync(Octets));
        var wrapped = rsa.Encrypt(new byte[32], RSAEncryptionPadding.Pkcs1);
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await key.UnwrapAsync(new AlgorithmIdentifier(TokenKeyIdentity.RsaEncryption, AlgorithmIdentifier.Null), wrapped, 32));
        // Nothing is an outcome of these.
        if (octets < 0) return;
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await key.UnwrapAsync(new AlgorithmIdentifier(OaepParameters.RsaesOaep), wrapped, 32));
        await Assert.ThrowsAsync<KeyUnavailableException>(async () => await curve.AgreeAsync(other.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>Says that all is done.</summary>
    private sealed class Liar(byte[]? result) : IKeyPeers
    {
        public bool IsSettled => true;

        public bool Offers(string label, string certificate) => true;

        public ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience) => new(KeyOutcome.Done(result));
    }

    /// <summary>Breaks its promise not to throw.</summary>
    private sealed class Broken : IKeyPeers
    {
        public bool IsSettled => true;

        public bool Offers(string label, string certificate) => true;

        public ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience) => throw new ObjectDisposedException("the actor system");
    }

    /// <summary>A node with a token, and one that asks it.</summary>
    private sealed class Field : IDisposable
    {
        private readonly Dictionary<string, ReadOnlyMemory<byte>> certificates = [];
        private TokenDirectory? tokens;
        private TokenDirectory? far;

        public Field() => Hsm.AddToken("one");

        public SoftHsm Hsm { get; } = new();

        public KeyHost Host { get; private set; } = null!;

        public Linked Peers { get; private set; } = null!;

        public TokenDirectory Far => far!;

        public ReadOnlyMemory<byte> this[string label] => certificates[label];

        public void Add(string label, AsymmetricAlgorithm key, byte[] certificate)
        {
            Hsm.Import("one", label, key);
            certificates.Add(label, certificate);
        }

        /// <summary>Makes a key that agrees, on the token; its public half.</summary>
        public byte[] Generate(string label, TokenKeyKind kind)
        {
            using var administration = new TokenAdministration(Hsm.Options("one", label));
            var made = administration.Generate(label, kind, KeyRole.DomainConfidentiality);
            certificates.Add(label, SoftHsm.Certify(made));
            return made;
        }

        /// <param name="own">A token of the node that asks; null: it has none.</param>
        /// <param name="sessions">With the other node's token.</param>
        public void Start(TokenOptions? own = null, int sessions = 2)
        {
            var options = Hsm.Options("one", [.. certificates.Keys]);
            tokens = new TokenDirectory(
                [new TokenOptions
                {
                    Name = options.Name, Library = options.Library, Label = options.Label, PinFile = options.PinFile, Keys = options.Keys, Sessions = sessions,
                    // Operations are held by the tests, for as long as a busy machine needs.
                    Deadline = TimeSpan.FromMinutes(2), CallLimit = TimeSpan.FromMinutes(1),
                }], TimeProvider.System);
            Host = new KeyHost(tokens, new KeyRing(tokens, certificates, new Dictionary<string, SoftwareKeyPair>()));
            Peers = new Linked([Host]);
            SpinWait.SpinUntil(() => Host.Offers.Length == certificates.Count, TimeSpan.FromSeconds(20));
            far = new TokenDirectory(own is null ? [] : [own], TimeProvider.System) { Peers = Peers };
        }

        public void Dispose()
        {
            far?.Dispose();
            tokens?.Dispose();
            Hsm.Dispose();
        }
    }

    /// <summary>Nodes without a network between them.</summary>
    private sealed class Linked(IReadOnlyList<IKeyHost> hosts) : IKeyPeers
    {
        public ConcurrentQueue<KeyRequest> Asked { get; } = new();

        public bool IsThere { get; set; } = true;

        public bool IsSettled => true;

        public bool Offers(string label, string certificate) => IsThere && hosts.Any(h => h.Offers.Any(o => o.Label == label && o.Certificate == certificate));

        public ValueTask<KeyOutcome> DoAsync(KeyRequest request, TimeSpan patience)
        {
            Asked.Enqueue(request);
            return hosts[0].DoAsync(request, patience);
        }
    }
}
