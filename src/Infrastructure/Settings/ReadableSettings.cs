using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Partner.Infrastructure.Settings;

/// <summary>Refuses each text of a section that no value can be made of, in a sentence of its own.</summary>
internal sealed class ReadableSettings<T>(SettingsSection section, IConfiguration configuration) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        string[] faults =
        [
            .. from setting in section.Written(configuration)
               let fault = section.TypeOf(setting.Path) is { } type ? SettingsText.Fault(type, setting.Value) : null
               where fault is not null
               select $"{section.Name}:{setting.Path} is '{setting.Value}'{fault}",
        ];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
