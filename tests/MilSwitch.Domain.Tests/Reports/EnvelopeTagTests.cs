using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Reports;

namespace MilSwitch.Domain.Tests.Reports;

[Trait("Feature", "L-10")]
[Trait("Threat", "S13")]
public sealed class EnvelopeTagTests
{
    private static readonly EnvelopeTagKeys Keys = new(Key(1));
    private static readonly MessageId Copy = MessageId.Create(7, 4711, 3);

    [Fact]
    public void Leads_back_to_the_copy_that_was_released()
    {
        var tag = EnvelopeTag.Make(Copy, "coalition", Keys);
        Assert.True(EnvelopeTag.TryRead(tag, "coalition", Keys, out var copy));
        Assert.Equal(Copy, copy);
        Assert.True(EnvelopeTag.TryRead(tag, "Coalition", Keys, out _));
    }

    [Fact]
    public void Needs_no_escape_in_xtext_and_keeps_within_its_hundred_characters()
    {
        var tag = EnvelopeTag.Make(MessageId.Create(MessageId.MaximumRun, MessageId.MaximumSequence, 63), "coalition", Keys);
        Assert.Equal(EnvelopeTag.Length, tag.Length);
        Assert.True(EnvelopeTag.Length <= 100);
        Assert.All(tag, c => Assert.True(char.IsAsciiLetterOrDigit(c) || c is '.'));
    }

    [Fact]
    public void Does_not_count_in_another_domain_or_under_another_key()
    {
        var tag = EnvelopeTag.Make(Copy, "coalition", Keys);
        Assert.False(EnvelopeTag.TryRead(tag, "national", Keys, out var copy));
        Assert.Equal(default, copy);
        Assert.False(EnvelopeTag.TryRead(tag, "coalition", new EnvelopeTagKeys(Key(2)), out _));
    }

    [Fact]
    public void Every_character_counts()
    {
        var tag = EnvelopeTag.Make(Copy, "coalition", Keys);
        for (var i = 0; i < tag.Length; i++)
        {
            var changed = tag.ToCharArray();
            changed[i] = changed[i] is '1' ? '2' : '1';
            Assert.False(EnvelopeTag.TryRead(new string(changed), "coalition", Keys, out _), $"character {i}");
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("QQ314159")]
    [InlineData("0000000000000.")]
    [InlineData("ZZZZZZZZZZZZZ.00000000000000000000000000000000")]
    [InlineData("0000000000000.0000000000000000000000000000000g")]
    [InlineData("0000000000000 00000000000000000000000000000000")]
    public void Refuses_what_is_no_tag(string? text) => Assert.False(EnvelopeTag.TryRead(text, "coalition", Keys, out _));

    [Fact]
    public void Old_tags_count_until_the_old_key_is_taken_away()
    {
        var tag = EnvelopeTag.Make(Copy, "coalition", Keys);
        Assert.True(EnvelopeTag.TryRead(tag, "coalition", new EnvelopeTagKeys(Key(2), Key(1)), out _));
        Assert.NotEqual(tag, EnvelopeTag.Make(Copy, "coalition", new EnvelopeTagKeys(Key(2), Key(1))));
        Assert.False(EnvelopeTag.TryRead(tag, "coalition", new EnvelopeTagKeys(Key(2)), out _));
    }

    [Fact]
    public void Refuses_short_keys()
    {
        Assert.Throws<ArgumentException>(() => new EnvelopeTagKeys(new byte[31]));
        Assert.Throws<ArgumentException>(() => new EnvelopeTagKeys(Key(1), new byte[1]));
        Assert.DoesNotContain("01", Keys.ToString(), StringComparison.Ordinal);
    }

    private static byte[] Key(byte octet) => [.. Enumerable.Repeat(octet, EnvelopeTagKeys.LeastOctets)];
}
