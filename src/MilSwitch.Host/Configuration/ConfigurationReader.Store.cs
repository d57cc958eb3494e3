using MilSwitch.Storage.PostgreSql;

namespace MilSwitch.Host.Configuration;

public static partial class ConfigurationReader
{
    private static DatabaseConnection? ReadDatabase(ConfigurationSource source, Section store)
    {
        if (store.Keyword("provider", "sqlite", ("sqlite", "sqlite"), ("postgres", "postgres")) == "sqlite")
        {
            if (store.Has("connection")) store.Reject("connection", "is for the provider postgres");
            return null;
        }

        string? text;
        switch (store.Find("connection"))
        {
            case null:
                store.Reject("connection", "is missing; write { file: PATH }, or the connection itself where it has no password");
                return null;
            case YamlMap:
                text = source.SecretFile(store.Map("connection"));
                break;
            default:
                text = store.Text("connection");
                break;
        }

        if (text is null) return null;
        if (ConnectionText.Fault(text) is { } fault) store.Reject("connection", fault);
        else if (store.Find("connection") is not YamlMap && ConnectionText.HasSecret(text)) store.Reject("connection", "must not have a password in the configuration; write { file: PATH }");
        else return new DatabaseConnection(text);
        return null;
    }
}
