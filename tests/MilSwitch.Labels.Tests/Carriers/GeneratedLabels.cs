using System.Collections.Immutable;

namespace MilSwitch.Labels.Tests.Carriers;

/// <summary>Labels of every shape, the same in every run.</summary>
internal static class GeneratedLabels
{
    public const int Count = 400;

    private static readonly string[] Marks = ["SECRET", "Für Übung", "NATO (RESTRICTED)", "点検 \U0001F512", "a \"quoted\" \\ mark", new string('x', 200)];

    private static readonly string[] Texts = ["BRAVE LION", "a \"b\" / c", "Übung 点"];

    /// <param name="forX411">With privacy marks of printable characters only.</param>
    public static IEnumerable<SecurityLabel> All(bool forX411 = false)
    {
        var random = new Random(7444);
        for (var i = 0; i < Count; i++)
        {
            yield return new SecurityLabel
            {
                Policy = $"1.3.26.{random.Next(1 << 20)}.{random.Next(300)}",
                Classification = random.Next(4) is 0 ? null : random.Next(257),
                PrivacyMark = random.Next(2) is 0 ? null : forX411 ? "EXERCISE " + i : Marks[random.Next(Marks.Length)],
                Categories = Categories(random),
            };
        }
    }

    private static ImmutableArray<LabelCategory> Categories(Random random)
    {
        var all = ImmutableArray.CreateBuilder<LabelCategory>();
        var missi = random.Next(3) is 0;
        for (var i = random.Next(12); i > 0; i--)
        {
            var tagSet = $"1.3.26.1.4.{i / 3}";
            var type = (TagType)(i % 3 is 0 ? random.Next(1, 3) : i % 3 is 1 ? 3 : random.Next(5, 7));
            ImmutableArray<int> values = [.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(type.IsBitMap() ? 300 : 1 << random.Next(1, 31))).Distinct()];
            all.Add(new TagCategory(tagSet, type, values) { Texts = !type.IsBitMap() && random.Next(4) is 0 ? [.. Texts.Take(random.Next(1, 4))] : [], Width = random.Next(2) is 0 ? 0 : random.Next(400), Syntax = missi ? CategorySyntax.Missi : CategorySyntax.Acp145, SecurityLevel = missi && random.Next(2) is 0 ? random.Next(6) : null });
        }

        if (random.Next(3) is 0) all.Add(new UnknownCategory($"1.2.3.{random.Next(100)}", new byte[] { 4, 2, (byte)random.Next(256), (byte)random.Next(256) }));
        return all.ToImmutable();
    }
}
