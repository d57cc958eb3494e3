namespace MilSwitch.Labels.Policies;

/// <summary>In which direction an equivalence holds (X.841 <c>Applied</c>).</summary>
[Flags]
public enum EquivalenceUse : byte
{
    /// <summary>From this policy to the other, before a message leaves.</summary>
    Encrypt = 1,

    /// <summary>From the other policy to this one, after a message came in.</summary>
    Decrypt = 2,

    Both = Encrypt | Decrypt,
}
