using System.Text;
using MilSwitch.Smime.Messages;

namespace MilSwitch.Smime.Tests.Messages;

/// <summary>CMS objects are words here: <c>s:</c>, <c>e:</c>, <c>a:</c>, <c>z:</c> and what is inside.</summary>
public sealed class LayerWalkTests
{
    private const string Opaque = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n";

    [Fact]
    [Trait("Feature", "E-07")]
    public async Task Walks_a_triple_wrap_outwards_in()
    {
        var walk = await WalkAsync(Opaque + "s:" + Opaque + "e:" + Signed("Content-Type: text/plain\r\n\r\nhello"));
        Assert.Equal([(0, "1", LayerType.Signed), (1, "1.1", LayerType.Encrypted), (2, "1.1.1", LayerType.Signed)], walk.Layers.Select(l => (l.Index, l.Part, l.Type)));
        Assert.All(walk.Layers, l => Assert.True(l.IsAtRoot));
        Assert.Equal("1.1.1.1", walk.Payload!.Number);
        Assert.Equal("hello", Encoding.ASCII.GetString(walk.Payload.RawBody.Span));
        Assert.True(walk is { IsSigned: true, IsEncrypted: true, IsPartiallySigned: false, HasEncryptedBelowRoot: false, Ambiguity: MimeAmbiguity.None });
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Knows_a_signature_that_covers_a_part_only()
    {
        var walk = await WalkAsync(Mixed(Signed("\r\nsigned"), "\r\nadded"));
        Assert.True(walk is { IsSigned: false, IsPartiallySigned: true });
        Assert.Equal([("1.1", false)], walk.Layers.Select(l => (l.Part, l.IsAtRoot)));
        // Signed as a whole, with a signed message inside: whole.
        walk = await WalkAsync(Signed(Mixed("Content-Type: message/rfc822\r\n\r\n" + Signed("\r\nforwarded"), "\r\nmine")));
        Assert.True(walk is { IsSigned: true, IsPartiallySigned: false });
        Assert.Equal(["1", "1.1.1.1"], walk.Layers.Select(l => l.Part));
    }

    [Theory]
    [InlineData("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: binary\r\n\r\ne:\r\nsecret", 0)]
    [InlineData(Opaque + "e:\r\nsecret", 1)]
    [InlineData("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: binary\r\n\r\na:\r\nsecret", 1)]
    [Trait("Threat", "C8")]
    public async Task Opens_nothing_that_is_encrypted_below_the_root(string part, int asked)
    {
        var opener = new WordOpener();
        var walk = await LayerWalk.WalkAsync(Encoding.ASCII.GetBytes(Mixed(part, "\r\n<img src=")), opener, new MimeBudget());
        Assert.True(walk is { HasEncryptedBelowRoot: true, IsEncrypted: false });
        Assert.Empty(walk.Layers);
        Assert.Equal(asked, opener.Asked.Count);
        Assert.All(opener.Asked, a => Assert.False(a.IsAtRoot));
        Assert.DoesNotContain(walk.Payload!.Walk(), e => Encoding.ASCII.GetString(e.RawBody.Span) is "secret");
    }

    [Fact]
    [Trait("Threat", "C2")]
    public async Task Gives_the_octets_that_a_clear_signature_covers()
    {
        var opener = new WordOpener();
        await LayerWalk.WalkAsync(Encoding.ASCII.GetBytes(Signed("Content-Type: text/plain\r\n\r\na \r\n\r\n")), opener, new MimeBudget());
        Assert.Equal("Content-Type: text/plain\r\n\r\na \r\n\r\n", Encoding.ASCII.GetString(opener.Asked.Single().Detached!.Value.Span));
    }

    [Theory]
    [InlineData("signed-data", "e:\r\nx", true)]
    [InlineData("enveloped-data", "s:\r\nx", true)]
    [InlineData("signed-data", "s:\r\nx", false)]
    [InlineData("whatever", "s:\r\nx", false)]
    public async Task Says_when_a_part_is_not_what_it_says(string claim, string cms, bool contradicts)
    {
        var walk = await WalkAsync($"Content-Type: application/pkcs7-mime; smime-type={claim}\r\nContent-Transfer-Encoding: binary\r\n\r\n{cms}");
        Assert.Equal(contradicts, walk.Layers.Single().ContradictsClaim);
    }

    [Fact]
    public async Task Takes_a_named_file_for_a_message_only_when_it_is_one()
    {
        const string Named = "Content-Type: application/octet-stream; name=smime.p7m\r\n\r\n";
        Assert.True((await WalkAsync(Named + "s:\r\nx")).IsSigned);
        var walk = await WalkAsync(Named + "nothing");
        Assert.Empty(walk.Layers);
        Assert.Equal("1", walk.Payload!.Number);
    }

    [Theory]
    [InlineData("--b\r\n\r\nx\r\n--b--\r\n")]
    [InlineData("--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\ns:\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Type: application/pkcs7-signature\r\n\r\ns:\r\n--b\r\n\r\nx\r\n--b--\r\n")]
    [Trait("Threat", "C2")]
    public async Task Judges_no_signature_in_a_multipart_signed_of_another_shape(string body)
    {
        var walk = await WalkAsync("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n" + body);
        Assert.True(walk is { HasBrokenSigned: true, IsSigned: false });
    }

    [Fact]
    [Trait("Threat", "M1")]
    public async Task Stops_at_layers_without_end()
    {
        var walk = await WalkAsync(string.Concat(Enumerable.Repeat(Opaque + "s:", 5_000)) + "\r\nx");
        Assert.Equal(MimeFault.TooDeep, walk.Fault);
        Assert.InRange(walk.Layers.Length, 19, 20);
        walk = await LayerWalk.WalkAsync(Encoding.ASCII.GetBytes(Opaque + "z:1000000"), new WordOpener(), new MimeBudget { Decoded = 100_000 });
        Assert.Equal(MimeFault.TooLarge, walk.Fault);
    }

    [Fact]
    [Trait("Threat", "M2")]
    public async Task Carries_the_ambiguity_of_every_layer()
    {
        Assert.Equal(MimeAmbiguity.RepeatedField, (await WalkAsync("MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n" + Opaque + "s:\r\nx")).Ambiguity);
        Assert.Equal(MimeAmbiguity.RepeatedField, (await WalkAsync(Opaque + "s:MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n\r\nx")).Ambiguity);
        Assert.Equal(MimeAmbiguity.Epilogue, (await WalkAsync(Signed("\r\nx") + "more")).Ambiguity);
    }

    private static string Signed(string content) =>
        $"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"s{content.Length}\"\r\n\r\n--s{content.Length}\r\n{content}\r\n--s{content.Length}\r\nContent-Type: application/pkcs7-signature\r\n\r\ns:\r\n--s{content.Length}--\r\n";

    private static string Mixed(params string[] parts) =>
        "Content-Type: multipart/mixed; boundary=mix\r\n\r\n" + string.Concat(parts.Select(p => $"--mix\r\n{p}\r\n")) + "--mix--\r\n";

    private static Task<LayerWalk> WalkAsync(string message) => LayerWalk.WalkAsync(Encoding.ASCII.GetBytes(message), new WordOpener(), new MimeBudget());

    private sealed class WordOpener : ILayerOpener
    {
        public List<FoundLayer> Asked { get; } = [];

        public ValueTask<OpenedLayer> OpenAsync(FoundLayer layer, CancellationToken cancellationToken = default)
        {
            Asked.Add(layer);
            var word = Encoding.ASCII.GetString(layer.Cms.Span);
            var content = layer.Detached is null && layer.Cms.Length > 2 ? layer.Cms[2..] : default(ReadOnlyMemory<byte>?);
            return ValueTask.FromResult(word[..Math.Min(2, word.Length)] switch
            {
                "s:" => new OpenedLayer(LayerType.Signed, content),
                "e:" => new OpenedLayer(LayerType.Encrypted, content),
                "a:" => new OpenedLayer(LayerType.AuthEncrypted, content),
                "z:" => new OpenedLayer(LayerType.Compressed, new byte[int.Parse(word[2..], System.Globalization.CultureInfo.InvariantCulture)]),
                _ => new OpenedLayer(LayerType.Malformed, null),
            });
        }
    }
}
