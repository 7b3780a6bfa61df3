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

    /// <summary>Another process has the file, opened with <see cref="FileShare.None"/>: it may let go. No other fault goes away by waiting.</summary>
    public static bool IsHeldByAnother(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult is unchecked((int)0x80070020) or unchecked((int)0x80070021) // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
        : exception.HResult == (OperatingSystem.IsMacOS() ? 35 : 11); // EAGAIN
}
