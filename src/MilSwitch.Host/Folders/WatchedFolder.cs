using System.Collections.Immutable;
using MilSwitch.Domain.Addressing;

namespace MilSwitch.Host.Folders;

/// <summary>A folder whose files are messages to be sent. Immutable.</summary>
/// <param name="Name">In the trail and in logs.</param>
/// <param name="Path">Full path; a folder that others can't write.</param>
/// <param name="Listener">The submission listener by whose rules they are judged.</param>
public sealed record WatchedFolder(string Name, string Path, string Listener)
{
    /// <summary>The reverse path, and the author of messages that name none; null: what each says of itself.</summary>
    public Mailbox? From { get; init; }

    /// <summary>Recipients in place of those of To, Cc and Bcc; empty: those.</summary>
    public ImmutableArray<Mailbox> To { get; init; } = [];

    /// <summary>From one look into it to the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Octets of a file; what is longer is refused.</summary>
    public long MaximumSize { get; init; } = 25 << 20;

    /// <summary>What was taken is deleted; false: it is kept in <see cref="Done"/>.</summary>
    public bool Delete { get; init; }

    /// <summary>Where files go that were taken.</summary>
    public string Done => System.IO.Path.Combine(Path, "done");

    /// <summary>Where files go that were refused, each with its reason beside it.</summary>
    public string Refused => System.IO.Path.Combine(Path, "refused");

    // A list is compared by what is in it.
    public bool Equals(WatchedFolder? other) => other is not null && Name == other.Name && Path == other.Path && Listener == other.Listener && From == other.From
        && To.SequenceEqual(other.To) && Interval == other.Interval && MaximumSize == other.MaximumSize && Delete == other.Delete;

    public override int GetHashCode() => HashCode.Combine(Name, Path, Listener);
}
