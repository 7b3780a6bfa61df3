namespace Partner.Infrastructure;

/// <summary>Files that nobody but this service's user reads.</summary>
internal static class OwnFile
{
    /// <summary>Opens a file, or makes it with mode 0600.</summary>
    public static FileStream OpenOrCreate(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
