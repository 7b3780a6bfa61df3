using Spectre.Console;

namespace Partner.VercelSimulator.Commands;

/// <summary>Writes for people: in colour where the terminal has it; what came from outside is only ever text.</summary>
internal sealed class Terminal(IAnsiConsole console)
{
    private static readonly string[] RequestHeaders = ["Authorization", "X-Vercel-Auth", "Idempotency-Key", "x-vercel-signature"];
    private static readonly string[] ResponseHeaders = ["Idempotent-Replayed", "Retry-After", "WWW-Authenticate"];

    public static Terminal Standard()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        // A terminal breaks long lines by itself, and what is copied from it stays whole; a file has no width at all.
        console.Profile.Width = int.MaxValue / 2;
        return new Terminal(console);
    }

    /// <summary>Without line breaks and control characters, so that no body can command the terminal.</summary>
    public static string OneLine(string text) =>
        string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));

    public void Title(string text) => Line(text, new Style(decoration: Decoration.Bold));

    public void Line(string text = "") => Line(text, Style.Plain);

    public void Note(string text) => Line("  " + text, new Style(Color.Grey));

    public void Verdict(bool held, string text) =>
        Line(held ? "  ✓ " + text : "  ✗ " + text, new Style(held ? Color.Green : Color.Red));

    public void Show(Exchange exchange)
    {
        Line($"  → {exchange.Method} {exchange.Path}", new Style(Color.Aqua));
        foreach (var name in RequestHeaders.Where(exchange.RequestHeaders.ContainsKey))
            Note($"  {name}: {Shortened(name, exchange.RequestHeaders[name])}");
        if (exchange.RequestBody is { } body)
            Line("    " + System.Text.Encoding.UTF8.GetString(body));
        Line($"  ← {exchange.Status}{Reason(exchange.Status)}", new Style(exchange.IsSuccess ? Color.Aqua : Color.Yellow));
        foreach (var name in ResponseHeaders.Where(exchange.Headers.ContainsKey))
            Note($"  {name}: {exchange.Headers[name]}");
        if (exchange.Body.Length > 0)
            Line("    " + exchange.Text);
    }

    private void Line(string text, Style style) => console.WriteLine(OneLine(text), style);

    private static string Shortened(string name, string value)
    {
        if (name != "Authorization" || !value.StartsWith("Bearer ", StringComparison.Ordinal))
            return value;
        var secret = value["Bearer ".Length..];
        return secret.Length <= 12 ? value : $"Bearer {secret[..3]}…";
    }

    private static string Reason(int status)
    {
        var phrase = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);
        return phrase.Length == 0 ? "" : " " + phrase;
    }
}
