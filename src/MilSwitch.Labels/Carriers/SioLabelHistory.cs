namespace MilSwitch.Labels.Carriers;

/// <summary>
/// One <c>SIO-Label-History</c> field (RFC 7444 §5): a trace of one change, and never a label by itself. In a header the newest is first.
/// Immutable.
/// </summary>
public sealed record SioLabelHistory
{
    public const string FieldName = "SIO-Label-History";

    private const int LongestText = 1_024;

    /// <param name="change">What was done.</param>
    /// <param name="changedBy">Who did, commonly a domain name.</param>
    /// <param name="changedAt">When.</param>
    /// <param name="before">The label until then; null: not told, and always with <see cref="SioLabelChange.Add"/>.</param>
    /// <param name="after">The label since then; null: not told, and always with <see cref="SioLabelChange.Delete"/>.</param>
    /// <param name="comment">Null: absent.</param>
    /// <exception cref="LabelRefusedException">RFC 7444 does not allow that.</exception>
    public SioLabelHistory(SioLabelChange change, string changedBy, DateTimeOffset changedAt, SioLabel? before = null, SioLabel? after = null, string? comment = null)
    {
        if (change is SioLabelChange.Add && before is not null) throw new LabelRefusedException(LabelFault.Malformed, "an added label has none before it");
        if (change is SioLabelChange.Delete && after is not null) throw new LabelRefusedException(LabelFault.Malformed, "a deleted label has none after it");
        if (changedBy.Length is 0 or > LongestText || comment is { Length: > LongestText }) throw new LabelRefusedException(LabelFault.TooLarge, "a text of a label's history has from 1 to 1024 characters");
        (Change, ChangedBy, ChangedAt, Before, After, Comment) = (change, changedBy, changedAt, before, after, comment);
    }

    public SioLabelChange Change { get; }

    public string ChangedBy { get; }

    /// <summary>To the second, with the zone it was written in.</summary>
    public DateTimeOffset ChangedAt { get; }

    public SioLabel? Before { get; }

    public SioLabel? After { get; }

    public string? Comment { get; }

    /// <summary>Reads the field.</summary>
    /// <param name="body">What stands behind the colon, folded or not.</param>
    /// <exception cref="LabelRefusedException">It is no such field.</exception>
    public static SioLabelHistory Parse(string body)
    {
        var parameters = FieldParameters.Read(body);
        var change = parameters.GetValueOrDefault("change")?.ToUpperInvariant() switch
        {
            "ADD" => SioLabelChange.Add,
            "REPLACE" => SioLabelChange.Replace,
            "DELETE" => SioLabelChange.Delete,
            _ => throw new LabelRefusedException(LabelFault.Malformed, "the change is none of add, replace and delete"),
        };
        var by = parameters.GetValueOrDefault("changed-by") ?? throw new LabelRefusedException(LabelFault.Malformed, "nobody made the change");
        var at = parameters.GetValueOrDefault("changed-at") ?? throw new LabelRefusedException(LabelFault.Malformed, "the change has no time");
        return new SioLabelHistory(change, by, LabelDate.Parse(at), SioLabel.Of(parameters, ""), SioLabel.Of(parameters, "new-"), parameters.GetValueOrDefault("changed-comment"));
    }

    /// <summary>What stands behind the colon, folded in lines of at most 78 characters, without a line end behind it.</summary>
    /// <exception cref="LabelRefusedException">A control character in a text.</exception>
    public string Format()
    {
        var writer = new ParameterWriter(FieldName);
        Before?.Write(writer, "");
        After?.Write(writer, "new-");
        writer.AddToken("change", Change switch { SioLabelChange.Add => "add", SioLabelChange.Replace => "replace", _ => "delete" });
        writer.Add("changed-by", ChangedBy);
        writer.Add("changed-at", LabelDate.Format(ChangedAt));
        writer.Add("changed-comment", Comment);
        return writer.ToString();
    }
}
