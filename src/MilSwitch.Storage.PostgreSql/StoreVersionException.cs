namespace MilSwitch.Storage.PostgreSql;

/// <summary>The database was made by a program that this one can't work beside.</summary>
/// <param name="text">For the operator.</param>
public sealed class StoreVersionException(string text) : Exception(text);
