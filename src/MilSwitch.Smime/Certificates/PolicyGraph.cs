namespace MilSwitch.Smime.Certificates;

/// <summary>
/// The valid policies of a path (RFC 5280 §6.1.2 a) as the graph of RFC 9618 §4: one node for each policy and depth, where the
/// tree of RFC 5280 doubles with every certificate that maps two policies crosswise. Not thread-safe.
/// </summary>
internal sealed class PolicyGraph
{
    private readonly List<Dictionary<string, Node>> levels = [new(StringComparer.Ordinal) { [CertificateOids.AnyPolicy] = new Node([], CertificateOids.AnyPolicy) }];
    private bool isEmpty;

    /// <summary>No policy is valid any more: the NULL of RFC 5280.</summary>
    public bool IsEmpty => isEmpty;

    /// <summary>§6.1.3 d and e: the next certificate and its policies.</summary>
    public void Add(IReadOnlyList<string>? policies, bool acceptsAny)
    {
        if (policies is null) isEmpty = true;
        if (isEmpty) return;
        var above = levels[^1];
        var level = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (var policy in policies!)
        {
            if (policy == CertificateOids.AnyPolicy) continue;
            string[] parents = [.. above.Where(p => p.Value.Expected.Contains(policy)).Select(p => p.Key)];
            if (parents.Length > 0) level[policy] = new Node(parents, policy);
            else if (above.ContainsKey(CertificateOids.AnyPolicy)) level[policy] = new Node([CertificateOids.AnyPolicy], policy);
        }

        if (acceptsAny && policies.Contains(CertificateOids.AnyPolicy))
        {
            foreach (var policy in above.Values.SelectMany(n => n.Expected).Distinct(StringComparer.Ordinal))
            {
                if (!level.ContainsKey(policy)) level[policy] = new Node([.. above.Where(p => p.Value.Expected.Contains(policy)).Select(p => p.Key)], policy);
            }
        }

        levels.Add(level);
        Prune();
    }

    /// <summary>§6.1.4 b: what the last certificate's policies are called below it.</summary>
    public void Map(IReadOnlyList<PolicyMapping> mappings, bool isAllowed)
    {
        if (isEmpty) return;
        var level = levels[^1];
        foreach (var group in mappings.GroupBy(m => m.IssuerPolicy, StringComparer.Ordinal))
        {
            if (!isAllowed)
            {
                level.Remove(group.Key);
                continue;
            }

            if (!level.TryGetValue(group.Key, out var node))
            {
                if (!level.ContainsKey(CertificateOids.AnyPolicy)) continue;
                level[group.Key] = node = new Node([CertificateOids.AnyPolicy], group.Key);
            }

            node.Expected = new HashSet<string>(group.Select(m => m.SubjectPolicy), StringComparer.Ordinal);
        }

        Prune();
    }

    /// <summary>§6.1.5 g: the policies, in the anchor's words, that hold for the whole path and for the caller.</summary>
    /// <param name="wanted">None: any.</param>
    public string[] Result(IReadOnlyList<string> wanted)
    {
        if (isEmpty) return [];
        // Nodes right below anyPolicy are the policies as the anchor's domain names them; only what leads to the last level is left in the graph.
        var policies = new SortedSet<string>(StringComparer.Ordinal);
        var any = levels[^1].ContainsKey(CertificateOids.AnyPolicy);
        foreach (var (policy, node) in levels.Skip(1).SelectMany(l => l))
        {
            if (policy != CertificateOids.AnyPolicy && node.Parents.Contains(CertificateOids.AnyPolicy)) policies.Add(policy);
        }

        var unlimited = wanted.Count is 0 || wanted.Contains(CertificateOids.AnyPolicy);
        if (unlimited) return any ? [.. policies, CertificateOids.AnyPolicy] : [.. policies];
        return any ? [.. wanted.Distinct(StringComparer.Ordinal)] : [.. policies.Intersect(wanted)];
    }

    // §6.1.3 d 3: a node without children above the last level leads nowhere.
    private void Prune()
    {
        for (var depth = levels.Count - 2; depth >= 0; depth--)
        {
            var needed = levels[depth + 1].Values.SelectMany(n => n.Parents).ToHashSet(StringComparer.Ordinal);
            foreach (var policy in levels[depth].Keys.Where(p => !needed.Contains(p)).ToArray()) levels[depth].Remove(policy);
        }

        isEmpty = levels[^1].Count is 0;
    }

    private sealed class Node(string[] parents, string policy)
    {
        public string[] Parents { get; } = parents;

        public HashSet<string> Expected { get; set; } = new(StringComparer.Ordinal) { policy };
    }
}
