using MilSwitch.Host.Running;

namespace MilSwitch.Host.Tests;

[Trait("Threat", "F12")]
public sealed class OpenFilesTests
{
    [Theory]
    [InlineData(1024, 300, 84)]
    [InlineData(262_144, 200, 258_616)]
    [InlineData(1024, 600, 16)]
    public void Keeps_files_back_for_links_store_and_operators(long limit, int open, int sessions) => Assert.Equal(sessions, OpenFiles.Sessions(limit, open));

    [Fact]
    public void Http_takes_half_of_what_is_kept_back_at_most() => Assert.InRange(OpenFiles.HttpConnections(), 1, 1024 / 2 / 3);

    [Fact]
    public void Knows_the_limit_of_this_process() => Assert.InRange(OpenFiles.Sessions(), 16, int.MaxValue - 1);
}
