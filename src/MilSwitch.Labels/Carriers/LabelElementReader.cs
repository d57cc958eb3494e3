namespace MilSwitch.Labels.Carriers;

/// <summary>Reads one element and stands behind it.</summary>
internal delegate T LabelElementReader<T>(ref LabelCursor cursor);
