namespace MilSwitch.Labels.Carriers;

/// <summary>Whose label it is (ADatP-4774, the name of the root element).</summary>
public enum Stanag4774Kind : byte
{
    /// <summary><c>originatorConfidentialityLabel</c>: what the originator gave the object.</summary>
    Originator = 0,

    /// <summary><c>alternativeConfidentialityLabel</c>: an equivalent under another policy.</summary>
    Alternative = 1,

    /// <summary><c>metadataConfidentialityLabel</c>: of the metadata itself, never of the object.</summary>
    Metadata = 2,

    /// <summary><c>ConfidentialityLabel</c>, from before there were kinds; taken for the originator's.</summary>
    Unspecified = 3,
}
