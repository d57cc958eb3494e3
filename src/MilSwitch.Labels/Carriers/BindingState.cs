namespace MilSwitch.Labels.Carriers;

/// <summary>Whether a label counts as bound to an object.</summary>
public enum BindingState : byte
{
    /// <summary>It says so. Without a signature around it that is worth what its carrier is worth.</summary>
    Bound = 1,

    /// <summary>A cryptographic binding is claimed and was not checked: not bound.</summary>
    SignatureNotChecked = 2,

    /// <summary>A transform picks a part of the object, and transforms are not followed: not bound.</summary>
    PartNotSupported = 3,
}
