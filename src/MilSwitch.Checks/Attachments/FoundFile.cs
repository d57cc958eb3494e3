using System.Collections.Immutable;

namespace MilSwitch.Checks.Attachments;

/// <summary>A file in a message, or in an archive in it.</summary>
/// <param name="Where"><c>part 1.2</c>, or <c>part 1.2, entry 3</c>.</param>
/// <param name="Content">All of it.</param>
/// <param name="MediaType">That it is said to have; null: nobody says.</param>
/// <param name="Names">That it is said to have.</param>
/// <param name="Depth">Archives around it.</param>
/// <param name="IsInDocument">It is a piece of a document: which kind it is, its program alone says.</param>
internal sealed record FoundFile(string Where, ReadOnlyMemory<byte> Content, string? MediaType, ImmutableArray<string> Names, int Depth, bool IsInDocument);
