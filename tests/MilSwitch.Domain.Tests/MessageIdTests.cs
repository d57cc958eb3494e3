using FsCheck.Xunit;
using MilSwitch.Domain.Messages;

namespace MilSwitch.Domain.Tests;

public sealed class MessageIdTests
{
    [Property(MaxTest = 2000)]
    public bool Goes_to_text_and_back_in_either_case(int run, long sequence, byte partition)
    {
        var id = Create(run, sequence, partition);
        return id is var same && same.Run == (run & MessageId.MaximumRun) && same.Sequence == (sequence & MessageId.MaximumSequence) && same.Partition == partition % 64
            && id.ToString().Length is 13 && MessageId.TryParse(id.ToString(), out var read) && read == id
            && MessageId.TryParse(id.ToString().ToLowerInvariant(), out read) && read == id;
    }

    [Property(MaxTest = 2000)]
    public bool Orders_by_run_then_sequence_in_text_too(int run, long sequence, byte partition, int otherRun, long otherSequence, byte otherPartition)
    {
        var (one, other) = (Create(run, sequence, partition), Create(otherRun, otherSequence, otherPartition));
        var expected = (one.Run, one.Sequence, one.Partition).CompareTo((other.Run, other.Sequence, other.Partition));
        return Math.Sign(one.CompareTo(other)) == Math.Sign(expected) && Math.Sign(string.CompareOrdinal(one.ToString(), other.ToString())) == Math.Sign(expected);
    }

    [Fact]
    public void Holds_its_extremes()
    {
        var last = MessageId.Create(MessageId.MaximumRun, MessageId.MaximumSequence, MessageId.PartitionCount - 1);
        Assert.Equal(long.MaxValue, last.Value);
        Assert.Equal("7ZZZZZZZZZZZZ", last.ToString());
        Assert.Equal("0000000000000", default(MessageId).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageId.Create(-1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageId.Create(0, MessageId.MaximumSequence + 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MessageId.Create(0, 0, MessageId.PartitionCount));
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000000000")]
    [InlineData("00000000000000")]
    [InlineData("8000000000000")]
    [InlineData("ZZZZZZZZZZZZZ")]
    [InlineData("000000000000I")]
    [InlineData("000000000000L")]
    [InlineData("000000000000O")]
    [InlineData("000000000000U")]
    [InlineData("00000000000-1")]
    [InlineData("000000000000\u017f")]
    [InlineData("000000000000\uff11")]
    public void Refuses_other_text(string text) => Assert.False(MessageId.TryParse(text, out _));

    [Property]
    public bool Reading_never_throws(string? text) => MessageId.TryParse(text, out _) | true;

    private static MessageId Create(int run, long sequence, byte partition) =>
        MessageId.Create(run & MessageId.MaximumRun, sequence & MessageId.MaximumSequence, partition % MessageId.PartitionCount);
}
