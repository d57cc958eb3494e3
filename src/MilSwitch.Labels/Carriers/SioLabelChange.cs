namespace MilSwitch.Labels.Carriers;

/// <summary>What was done to a message's <c>SIO-Label</c> (RFC 7444 §5).</summary>
public enum SioLabelChange : byte
{
    Add = 1,
    Replace = 2,
    Delete = 3,
}
