namespace MilSwitch.Switching.Cluster.Transport;

/// <summary>Certificate, key or authorities of a node can't be used.</summary>
public sealed class NodeCertificateException(string file, string reason) : Exception($"{file}: {reason}")
{
    /// <summary>The file that is to be changed.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it; nothing of a key.</summary>
    public string Reason { get; } = reason;
}
