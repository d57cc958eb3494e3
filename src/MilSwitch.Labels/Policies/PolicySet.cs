using System.Collections.Frozen;

namespace MilSwitch.Labels.Policies;

/// <summary>All policies that are known at one moment. Immutable: a reload makes another one.</summary>
public sealed class PolicySet
{
    private readonly FrozenDictionary<string, SecurityPolicy> byId;

    /// <exception cref="ArgumentException">Two with the same identifier.</exception>
    public PolicySet(IReadOnlyCollection<SecurityPolicy> policies)
    {
        var all = new Dictionary<string, SecurityPolicy>(StringComparer.Ordinal);
        foreach (var policy in policies)
        {
            if (!all.TryAdd(policy.Id, policy)) throw new ArgumentException($"policy {policy.Id} is there twice", nameof(policies));
        }

        byId = all.ToFrozenDictionary();
        All = [.. policies];
    }

    public static PolicySet Empty { get; } = new([]);

    public IReadOnlyList<SecurityPolicy> All { get; }

    /// <param name="id">Object identifier, dotted.</param>
    /// <returns>Null: it is not known.</returns>
    public SecurityPolicy? Find(string id) => byId.GetValueOrDefault(id);

    /// <param name="nameOrId">Object identifier, or the exact name.</param>
    /// <returns>Null: it is not known, or two have this name.</returns>
    public SecurityPolicy? Named(string nameOrId)
    {
        if (Find(nameOrId) is { } policy) return policy;
        var named = All.Where(p => p.Name == nameOrId).Take(2).ToArray();
        return named is [var only] ? only : null;
    }
}
