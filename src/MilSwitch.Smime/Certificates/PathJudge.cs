namespace MilSwitch.Smime.Certificates;

/// <summary>
/// Finds a path from a certificate to an anchor and judges it (RFC 5280 §6, RFC 4158). Depth first, nearest key first; every
/// step, signature and path costs from a budget, so that no set of certificates makes it long. Stateless and thread-safe.
/// </summary>
public static class PathJudge
{
    /// <summary>Judges a certificate. Never throws for what certificates hold.</summary>
    public static PathVerdict Judge(Certificate certificate, PathOptions options) => new PathSearch(options, new PathBudget(options.Bounds)).Find(certificate);
}
