namespace MilSwitch.Labels.Policies;

/// <summary>
/// One element of a SPIF, of either form: the two have the same structure, so what ASN.1 says is put into the words of XML and
/// judged by the same rules.
/// </summary>
internal sealed class SpifElement(string name, SpifPlace place)
{
    private readonly List<(string Name, string Value, SpifPlace Place)> attributes = [];

    public string Name { get; } = name;

    public SpifPlace Place { get; } = place;

    public List<SpifElement> Children { get; } = [];

    public IReadOnlyList<(string Name, string Value, SpifPlace Place)> Attributes => attributes;

    /// <summary>Text between the tags; empty: none.</summary>
    public string Text { get; set; } = "";

    /// <summary><c>xml:lang</c> of it or around it; null: none.</summary>
    public string? Language { get; set; }

    public string? this[string attribute]
    {
        get
        {
            foreach (var (name, value, _) in attributes)
            {
                if (name == attribute) return value;
            }

            return null;
        }
    }

    public SpifPlace PlaceOf(string attribute)
    {
        foreach (var (name, _, place) in attributes)
        {
            if (name == attribute) return place;
        }

        return Place;
    }

    public void Add(string attribute, string value, SpifPlace place) => attributes.Add((attribute, value, place));

    public IEnumerable<SpifElement> All(string name) => Children.Where(c => c.Name == name);

    public SpifElement? First(string name) => Children.Find(c => c.Name == name);
}
