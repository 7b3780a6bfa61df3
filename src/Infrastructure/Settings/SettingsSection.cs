using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Partner.Infrastructure.Settings;

/// <summary>A section of the settings and the class it is read into. What can be set there, and of which kind it is, the class alone says.</summary>
internal sealed record SettingsSection(string Name, Type Options)
{
    /// <summary>What was set, by paths such as <c>Plans:0:Price</c>.</summary>
    public IEnumerable<(string Path, string Value)> Written(IConfiguration configuration) => configuration.GetSection(Name).AsEnumerable(makePathsRelative: true)
        .Where(setting => setting is { Key.Length: > 0, Value: { } value } && (value.Length > 0 || !configuration.GetSection($"{Name}:{setting.Key}").GetChildren().Any()))
        .Select(setting => (setting.Key, setting.Value!))
        .OrderBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase);

    /// <summary>Fills in what is known and good, and leaves out the rest, which is told elsewhere: the binder would stop at the first that it cannot read.</summary>
    public void Bind(IConfiguration configuration, object options) => new ConfigurationBuilder()
        .AddInMemoryCollection(Written(configuration)
            .Where(setting => TypeOf(setting.Path) is { } type && SettingsText.Fault(type, setting.Value) is null)
            .Select(setting => KeyValuePair.Create(setting.Path, (string?)setting.Value)))
        .Build()
        .Bind(options);

    /// <summary>The section at once, for what must be known before there are services.</summary>
    public static T Read<T>(IConfiguration configuration, string name)
        where T : class, new()
    {
        var options = new T();
        new SettingsSection(name, typeof(T)).Bind(configuration, options);
        return options;
    }

    /// <returns>What kind of value belongs at the path; null if there is no such setting.</returns>
    public Type? TypeOf(string path) => path.Split(':').Aggregate((Type?)Options, MemberOf);

    /// <returns>What can be set on a class of ours; nothing on any other type.</returns>
    public static IEnumerable<PropertyInfo> MembersOf(Type type) => type.Namespace?.StartsWith("Partner.", StringComparison.Ordinal) == true
        ? type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.CanWrite || ItemOf(property.PropertyType) is not null)
        : [];

    private static Type? MemberOf(Type? type, string name) => type is null
        ? null
        : ItemOf(type) ?? MembersOf(type).FirstOrDefault(member => member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.PropertyType;

    private static Type? ItemOf(Type type) => type == typeof(string)
        ? null
        : type.GetInterfaces().Append(type).FirstOrDefault(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
}
