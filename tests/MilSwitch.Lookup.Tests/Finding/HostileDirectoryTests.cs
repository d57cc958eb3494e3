using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MilSwitch.Lookup.Finding.Directories;

namespace MilSwitch.Lookup.Tests.Finding;

/// <summary>Servers that do not speak LDAP as it is meant.</summary>
[Trait("Threat", "F29")]
public sealed class HostileDirectoryTests
{
    private static readonly LdapSearch Question = new("dc=example", true, new LdapFilter.Equal("mail", "a@b.example"), ["userCertificate;binary"], 5, 64 << 10);

    public static TheoryData<string, string> Answers => new()
    {
        { "an endless length", "3084FFFFFFFF" },
        { "a length of a length of too many octets", "3088FFFFFFFFFFFFFFFF" },
        { "an indefinite length", "3080020101" },
        { "another protocol", "485454502F312E31" },
        { "an answer to another question", "300C020163650B0A010004000400" },
        { "a notice of disconnection", "300C020100780B0A010004000400" },
        { "a done that is none", "3005020101650000" },
        { "an entry that is cut off", "30090201016404040130FF" },
        { "a bind response to a search", "300C02010161070A010004000400" },
        { "a referral", "300C02010165070A010A04000400" },
        { "nothing at all", "" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Ends_in_a_fault_that_is_named(string what, string answer)
    {
        var fault = await Assert.ThrowsAsync<LdapException>(() => AskAsync(async stream => await stream.WriteAsync(Convert.FromHexString(answer))));
        Assert.False(string.IsNullOrEmpty(fault.Message), what);
    }

    [Fact]
    public async Task Stops_at_the_bound_of_octets_whatever_the_pieces()
    {
        var entry = Convert.FromHexString("3013020101640E0400300A30080401613103040162");
        var fault = await Assert.ThrowsAsync<LdapException>(() => AskAsync(async stream =>
        {
            for (var i = 0; i < 100_000; i++) await stream.WriteAsync(entry);
        }));
        Assert.Contains("more entries", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_for_a_silent_server_no_longer_than_the_limit()
    {
        var watch = Stopwatch.StartNew();
        var fault = await Assert.ThrowsAsync<LdapException>(() => AskAsync(stream => stream.ReadExactlyAsync(new byte[100_000]).AsTask(), TimeSpan.FromMilliseconds(200)));
        Assert.Contains("in time", fault.Message, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
    }

    private static async Task AskAsync(Func<NetworkStream, Task> answer, TimeSpan? limit = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync();
        try
        {
            await new LdapClient(null, TimeProvider.System, limit ?? TimeSpan.FromSeconds(10))
                .SearchAsync(new LdapEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port), "", default, Question, default);
        }
        finally
        {
            listener.Stop();
            await serving;
        }

        async Task ServeAsync()
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[4_096], 16);
                await answer(stream);
            }
            catch (Exception end) when (end is IOException or SocketException or EndOfStreamException)
            {
                // The client went away.
            }
        }
    }
}
