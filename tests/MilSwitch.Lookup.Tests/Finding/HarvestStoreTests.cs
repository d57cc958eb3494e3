using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using MilSwitch.Lookup.Finding;
using MilSwitch.Lookup.Finding.Harvest;
using MilSwitch.Smime.Certificates;
using MilSwitch.Smime.Tests.Certificates;

namespace MilSwitch.Lookup.Tests.Finding;

[Trait("Feature", "R-03")]
public sealed class HarvestStoreTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();
    private static readonly TestAuthority Stranger = TestAuthority.Root("CN=Stranger");
    private readonly FakeTimeProvider time = new(TestAuthority.Now);
    private readonly MemoryShelf shelf = new();

    [Fact]
    public async Task Uses_what_came_with_mail_when_its_issuer_is_trusted()
    {
        using var store = await OpenAsync();
        Assert.True(await OfferAsync(store, Root.Person("alice@unit.example"), isIssuerTrusted: true));
        Assert.IsType<FinderAnswer.Found>(await FindAsync(store));
    }

    [Fact]
    public async Task A_stranger_s_waits_until_a_person_allows_it_and_is_not_taken_again_once_refused()
    {
        using var store = await OpenAsync();
        var strange = Stranger.Person("alice@unit.example");
        Assert.True(await OfferAsync(store, strange));
        var none = Assert.IsType<FinderAnswer.None>(await FindAsync(store));
        Assert.Equal(Rejection.Quarantined, Assert.Single(none.Rejected).Why);

        var id = Assert.Single(store.Entries).Id;
        Assert.True(await store.DecideAsync(id, HarvestState.Approved, "sgt", default));
        Assert.IsType<FinderAnswer.Found>(await FindAsync(store));

        Assert.True(await store.DecideAsync(id, HarvestState.Refused, "sgt", default));
        Assert.Empty(Assert.IsType<FinderAnswer.None>(await FindAsync(store)).Rejected);
        time.Advance(TimeSpan.FromDays(30));
        Assert.False(await OfferAsync(store, strange));
        Assert.Equal("sgt", Assert.Single(store.Entries).DecidedBy);
        Assert.False(await store.DecideAsync("nothing", HarvestState.Approved, "sgt", default));
    }

    [Fact]
    public async Task Takes_only_what_names_the_sender_and_is_nobody_s_authority()
    {
        using var store = await OpenAsync();
        Assert.False(await OfferAsync(store, Root.Person("bob@unit.example")));
        Assert.False(await OfferAsync(store, Root.Person("Alice@unit.example")));
        Assert.False(await OfferAsync(store, Root.Gateway("unit.example")));
        Assert.False(await OfferAsync(store, Stranger.Certificate));
        Assert.Empty(store.Entries);
    }

    [Fact]
    public async Task Strangers_push_out_strangers_only()
    {
        using var store = await OpenAsync(s => s with { MostEntries = 4 });
        var (trusted, allowed) = (Root.Person("alice@unit.example"), Stranger.Person("bob@unit.example"));
        await OfferAsync(store, trusted, isIssuerTrusted: true);
        await store.OfferAsync(allowed, People.Mailbox("bob@unit.example"), false, default);
        await store.DecideAsync(store.Entries.First(e => e.Certificate.Equals(allowed)).Id, HarvestState.Approved, "sgt", default);
        for (var i = 0; i < 50; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await store.OfferAsync(Stranger.Person($"flood{i}@far.example"), People.Mailbox($"flood{i}@far.example"), false, default);
        }

        Assert.Equal(4, store.Entries.Length);
        Assert.Equal(4, shelf.Count);
        Assert.Contains(store.Entries, e => e.Certificate.Equals(trusted));
        Assert.Contains(store.Entries, e => e.Certificate.Equals(allowed));
        Assert.Contains(store.Entries, e => e.Address.Text == "flood49@far.example");
    }

    [Fact]
    public async Task Strangers_do_not_crowd_out_a_trusted_certificate_of_one_address()
    {
        using var store = await OpenAsync(s => s with { MostForAddress = 2 });
        await OfferAsync(store, Root.Person("alice@unit.example"), isIssuerTrusted: true);
        for (var i = 0; i < 10; i++) await OfferAsync(store, Stranger.Person("alice@unit.example"));
        Assert.Equal(2, store.Entries.Length);
        Assert.IsType<FinderAnswer.Found>(await FindAsync(store));
    }

    [Fact]
    public async Task Outlives_a_restart_and_what_can_not_be_read()
    {
        using (var store = await OpenAsync())
        {
            await OfferAsync(store, Stranger.Person("alice@unit.example"));
            await store.DecideAsync(store.Entries[0].Id, HarvestState.Approved, "sgt", default);
        }

        await shelf.PutAsync("broken", "{", default);
        await shelf.PutAsync("other", "{\"address\":\"x\"}", default);
        using var again = await OpenAsync();
        Assert.Equal(HarvestState.Approved, Assert.Single(again.Entries).State);
        Assert.IsType<FinderAnswer.Found>(await FindAsync(again));
    }

    [Fact]
    public async Task Nothing_counts_that_the_shelf_did_not_take()
    {
        using var store = await OpenAsync();
        await OfferAsync(store, Stranger.Person("alice@unit.example"));
        shelf.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => OfferAsync(store, Root.Person("alice@unit.example"), isIssuerTrusted: true));
        await Assert.ThrowsAsync<IOException>(() => store.DecideAsync(store.Entries[0].Id, HarvestState.Approved, "sgt", default).AsTask());
        Assert.Equal(HarvestState.Waiting, Assert.Single(store.Entries).State);
        shelf.Fails = false;
        Assert.True(await OfferAsync(store, Root.Person("alice@unit.example"), isIssuerTrusted: true));
    }

    [Fact]
    public async Task What_comes_with_every_message_is_written_once_a_day()
    {
        using var store = await OpenAsync();
        var mine = Root.Person("alice@unit.example");
        for (var i = 0; i < 100; i++) Assert.True(await OfferAsync(store, mine, isIssuerTrusted: true));
        Assert.Equal(1, shelf.Writes);
        time.Advance(TimeSpan.FromDays(1));
        await OfferAsync(store, mine, isIssuerTrusted: true);
        Assert.Equal(2, shelf.Writes);
    }

    [Property(MaxTest = 300)]
    public void Never_throws_for_what_is_no_entry(string? text, int at, char replaced)
    {
        Assert.Null(HarvestEntry.FromJson(text ?? ""));
        var json = new HarvestEntry(People.Mailbox("alice@unit.example"), Root.Certificate, HarvestState.Waiting, TestAuthority.Now, true).ToJson().ToCharArray();
        json[(int)((uint)at % json.Length)] = replaced;
        _ = HarvestEntry.FromJson(new string(json));
    }

    private ValueTask<HarvestStore> OpenAsync(Func<HarvestSettings, HarvestSettings>? change = null)
    {
        var settings = new HarvestSettings { Name = "test" };
        return HarvestStore.OpenAsync(change is null ? settings : change(settings), shelf, time, default);
    }

    private static Task<bool> OfferAsync(HarvestStore store, Certificate certificate, bool isIssuerTrusted = false) =>
        store.OfferAsync(certificate, People.Mailbox("alice@unit.example"), isIssuerTrusted, default).AsTask();

    private ValueTask<FinderAnswer> FindAsync(HarvestStore store) => new CertificateFinder(
        new FinderSettings { Trust = new TrustMaterial([Root.Certificate]), Revocation = RevocationMode.IfKnown }, [new HarvestSource(store)], null, time).FindAsync(People.Mailbox("alice@unit.example"), default);

    private sealed class MemoryShelf : IHarvestShelf
    {
        private readonly Dictionary<string, string> documents = [];

        public bool Fails { get; set; }

        public int Writes { get; private set; }

        public int Count => documents.Count;

        public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([.. documents.Values]);

        public ValueTask PutAsync(string id, string json, CancellationToken cancellationToken)
        {
            if (Fails) throw new IOException("full");
            Writes++;
            documents[id] = json;
            return ValueTask.CompletedTask;
        }

        public ValueTask RemoveAsync(string id, CancellationToken cancellationToken)
        {
            if (Fails) throw new IOException("full");
            documents.Remove(id);
            return ValueTask.CompletedTask;
        }
    }
}
