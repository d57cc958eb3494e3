namespace MilSwitch.Domain.Lists;

/// <summary>By what the author of a message to a list has to be known before the right to post is judged.</summary>
public enum ListProof : byte
{
    /// <summary>A good signature, or an account that may write as that author.</summary>
    Required = 0,

    /// <summary>What the From field says is believed.</summary>
    None = 1,
}
