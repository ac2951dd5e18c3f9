namespace Rouse.Worker.Engines.Inputs;

/// <summary>
/// What a file of an input must be, told by its bytes. Only what is listed reaches a decoder: play lists, which ffmpeg would follow to addresses of their own,
/// look like sound to nobody else.
/// </summary>
/// <param name="Words">Such as <c>a PNG, JPEG or WebP picture</c>.</param>
/// <param name="MaxBytes">Of the whole file.</param>
/// <param name="Matches">Judges a file by its first bytes, however few.</param>
internal sealed record FileKind(string Words, int MaxBytes, Func<ReadOnlySpan<byte>, bool> Matches)
{
    /// <summary>Bytes: a 4K photograph as PNG.</summary>
    public const int MaxPictureBytes = 24 << 20;

    /// <summary>Bytes: half an hour of 16-bit sound at 16 kHz.</summary>
    public const int MaxSoundBytes = 64 << 20;

    public static FileKind Picture { get; } = new("a PNG, JPEG or WebP picture", MaxPictureBytes, IsPicture);

    public static FileKind Sound { get; } = new("a recording (WAV, MP3, FLAC, Ogg, MP4, WebM, AAC or AIFF)", MaxSoundBytes, IsSound);

    private static bool IsPicture(ReadOnlySpan<byte> start) =>
        start.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) || start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) || IsForm(start, "RIFF"u8, "WEBP"u8);

    private static bool IsSound(ReadOnlySpan<byte> start) =>
        IsForm(start, "RIFF"u8, "WAVE"u8) || IsForm(start, "FORM"u8, "AIFF"u8) || IsForm(start, "FORM"u8, "AIFC"u8)
        || start.StartsWith("ID3"u8) || start.StartsWith("fLaC"u8) || start.StartsWith("OggS"u8)
        // Matroska, of which WebM is a part.
        || start.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3])
        || (start.Length >= 8 && start[4..8].SequenceEqual("ftyp"u8))
        // The first frame of MPEG sound (layers 1 to 3) or of AAC in ADTS: eleven set bits.
        || (start.Length >= 2 && start[0] == 0xFF && (start[1] & 0xE0) == 0xE0 && start[1] != 0xFF);

    private static bool IsForm(ReadOnlySpan<byte> start, ReadOnlySpan<byte> form, ReadOnlySpan<byte> kind) =>
        start.Length >= 12 && start[..4].SequenceEqual(form) && start[8..12].SequenceEqual(kind);
}
