using MilSwitch.Domain.Auditing;
using MilSwitch.Domain.Messages;
using MilSwitch.Domain.Spool;
using MilSwitch.Host.Auditing;

namespace MilSwitch.Host.Tests;

/// <summary>Searches over the trails of several nodes.</summary>
public sealed class AuditSearchTests
{
    private static readonly DateTimeOffset Noon = new(2030, 4, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Pages_have_every_record_once_and_the_newest_first(int limit)
    {
        var store = new Trails();
        for (var i = 0; i < 300; i++) store.Add(i % 7 is 0 ? 9 : i % 3 is 0 ? 4 : 2, Noon.AddSeconds(i), i % 2 is 0 ? AuditKind.Viewed : AuditKind.Tried);
        var filter = new AuditFilter { Kinds = [AuditKind.Viewed] };
        var found = new List<AuditRecord>();
        string? next = null;
        do
        {
            var page = await new AuditSearch(store, filter, limit).FindAsync(next, default);
            Assert.True(page.Records.Length <= limit);
            found.AddRange(page.Records);
            next = page.Next;
        }
        while (next is not null);
        Assert.Equal(Enumerable.Range(0, 150).Reverse().Select(i => Noon.AddSeconds(2 * i)), found.Select(r => r.Event.At));
    }

    [Fact]
    public async Task What_is_written_between_two_pages_changes_neither()
    {
        var store = new Trails();
        for (var i = 0; i < 20; i++) store.Add(i % 2, Noon.AddSeconds(i), AuditKind.Viewed);
        var first = await new AuditSearch(store, new AuditFilter(), 5).FindAsync(null, default);
        for (var i = 20; i < 30; i++) store.Add(i % 3, Noon.AddSeconds(i), AuditKind.Viewed);
        var second = await new AuditSearch(store, new AuditFilter(), 5).FindAsync(first.Next, default);
        Assert.Equal(Enumerable.Range(10, 10).Reverse().Select(i => Noon.AddSeconds(i)), [.. first.Records.Select(r => r.Event.At), .. second.Records.Select(r => r.Event.At)]);
    }

    [Fact]
    public async Task Times_are_found_without_a_walk_although_a_clock_stepped()
    {
        var store = new Trails();
        for (var i = 0; i < 50_000; i++) store.Add(0, Noon.AddSeconds(i - (i is > 30_000 and < 30_100 ? 1800 : 0)), AuditKind.Tried);
        store.Asked = 0;
        var page = await new AuditSearch(store, new AuditFilter { From = Noon.AddSeconds(30_000), Until = Noon.AddSeconds(30_003) }, 10).FindAsync(null, default);
        Assert.Equal([30_001L], page.Records.Select(r => r.Sequence));
        Assert.Null(page.Next);
        Assert.InRange(store.Asked, 1, 10_000);
        // Half an hour before their place.
        var stepped = await new AuditSearch(store, new AuditFilter { From = Noon.AddSeconds(28_201), Until = Noon.AddSeconds(28_203) }, 10).FindAsync(null, default);
        Assert.Equal([30_003L, 30_002, 28_203, 28_202], stepped.Records.Select(r => r.Sequence));
    }

    [Fact]
    public async Task A_search_for_what_is_not_there_ends_after_some_records_and_goes_on_when_asked()
    {
        var store = new Trails();
        for (var i = 0; i < 900_000; i++) store.Add(0, Noon.AddMilliseconds(i), AuditKind.Tried);
        store.Asked = 0;
        var pages = 0;
        string? next = null;
        do
        {
            var page = await new AuditSearch(store, new AuditFilter { Text = "nowhere" }, 100).FindAsync(next, default);
            Assert.Empty(page.Records);
            next = page.Next;
            pages++;
        }
        while (next is not null);
        Assert.Equal(3, pages);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0-")]
    [InlineData("0-1.0-2")]
    [InlineData("-1")]
    public async Task A_place_that_no_page_gave_is_refused(string place) => await Assert.ThrowsAsync<FormatException>(async () => await new AuditSearch(new Trails(), new AuditFilter(), 1).FindAsync(place, default));

    private sealed class Trails : IAuditStore
    {
        private readonly SortedDictionary<int, List<AuditRecord>> trails = [];

        public int OwnTrail => 0;

        public long Asked { get; set; }

        public void Add(int trail, DateTimeOffset at, AuditKind kind)
        {
            if (!trails.TryGetValue(trail, out var records)) trails.Add(trail, records = []);
            records.Add(new AuditRecord(trail, records.Count + 1, at.ToUnixTimeMilliseconds(), new AuditEvent(at, kind, default), new byte[32]));
        }

        public ValueTask<IReadOnlyList<AuditTrail>> TrailsAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<IReadOnlyList<AuditTrail>>([.. trails.Select(t => new AuditTrail(t.Key, null, t.Value[^1].Point))]);

        public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailAsync(int trail, long after, int limit, CancellationToken cancellationToken = default)
        {
            Asked += limit;
            return ValueTask.FromResult<IReadOnlyList<AuditRecord>>([.. trails[trail].Skip((int)Math.Max(0, after)).Take(limit)]);
        }

        public ValueTask<IReadOnlyList<AuditRecord>> SearchTrailAsync(int trail, long below, long downTo, AuditFilter filter, int limit, CancellationToken cancellationToken = default)
        {
            var found = new List<AuditRecord>();
            for (var n = Math.Min(below, trails[trail].Count + 1) - 1; n >= downTo && found.Count < limit; n--)
            {
                Asked++;
                if (filter.Matches(trails[trail][(int)n - 1])) found.Add(trails[trail][(int)n - 1]);
            }

            return ValueTask.FromResult<IReadOnlyList<AuditRecord>>(found);
        }

        public ValueTask<IReadOnlyList<AuditRecord>> ReadTrailsOfAsync(MessageId message, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<AuditPoint?> FindOldAsync(int trail, DateTimeOffset before, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<long> CutTrailAsync(int trail, AuditPoint upTo, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<StoredDocument>> PageDocumentsAsync(string kind, string after, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
