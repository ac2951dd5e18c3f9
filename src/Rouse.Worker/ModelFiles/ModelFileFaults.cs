using System.Net;
using Rouse.Contracts.Workers;
using Rouse.Worker.Weights;

namespace Rouse.Worker.ModelFiles;

/// <summary>Words and sentences of <see cref="ModelFileException"/>: what is wrong, and what to do next.</summary>
internal static class ModelFileFaults
{
    public static ModelFileException Name(string name, string why) => new(
        "model_file_name", $"'{Shown(name)}' cannot be the name of a model file: {why}. Use letters, digits and . _ - with an ending such as .safetensors.");

    public static ModelFileException Hash(string name) => new(
        "model_file_hash", $"The hash given for '{Shown(name)}' is neither a SHA-256 (64 hexadecimal digits) nor the first 10 digits of one.");

    public static ModelFileException Address(string name, string why) => new(
        "model_file_address", $"The address of '{name}' is not fetched from: {why}.");

    public static ModelFileException Forbidden(string name, string host) => new(
        "model_file_address", $"'{name}' is not fetched from {Shown(host)}: the host is not on the public internet. The worker's operator can list it in {ModelFileVariables.AllowHosts}.");

    public static ModelFileException Pickle(string name) => new(
        "model_file_pickle", $"'{name}' is a pickle, which runs code when it is loaded. Choose a .safetensors file; the worker's operator can allow pickles with "
        + $"{ModelFileVariables.AllowPickle}=1.");

    public static ModelFileException Content(string name, string why) => new(
        "model_file_damaged", $"What the address of '{name}' serves is not used: {why}. Check the address.");

    public static ModelFileException TooLarge(string name, long size, long most) => new(
        "model_file_too_large", $"'{name}' has {ByteText.Of(size)}, and the worker takes files up to {ByteText.Of(most)} ({ModelFileVariables.MaxFile}).");

    public static ModelFileException Full(string name, long size, long most) => new(
        "models_full", $"'{name}' needs {ByteText.Of(size)}, and with the files in use the model folder would pass {ByteText.Of(most)} ({ModelFileVariables.MaxTotal}).");

    public static ModelFileException DiskFull(string name, string what) => new(
        FaultCodes.DiskFull, $"{what} '{name}' was not fetched. Free space on the worker's disk, or set {ModelFileVariables.Folder} to a larger one.");

    public static ModelFileException NoFolder(string name, string folder, string why) => new(
        "models_unusable", $"'{name}' was not fetched because {folder} cannot be used: {why} Set {ModelFileVariables.Folder} to a folder the worker may write.");

    public static ModelFileException WrongSum(string name, string expected, string got) => new(
        FaultCodes.ChecksumMismatch, $"'{name}' came twice with the SHA-256 {got}, not {expected}, and was thrown away. Check the hash and the address.");

    public static ModelFileException NameTaken(string name, string why) => new(
        "model_name_taken", $"There is another file '{name}' here: {why}. Give this one another name.");

    public static ModelFileException Changed(string name) => new(
        "model_file_changed", $"'{name}' changed at its address while it was fetched. Try again.");

    public static ModelFileException Unavailable(string name, Uri url, string why) => new(
        "model_file_unavailable", $"{url.Host} does not serve '{name}' now ({why}). Try again later.");

    public static ModelFileException WebPage(string name, Uri url) => new(
        "model_file_refused", $"{url.Host} shows a web page in place of '{name}', as it does to those who must sign in first. {TokenHint(url)}");

    public static ModelFileException Refused(string name, Uri url, HttpStatusCode status, bool hadToken) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(
            "model_file_refused", hadToken
                ? $"{url.Host} refused the worker's token for '{name}' (HTTP {(int)status}). Check that the token is valid and that its account may download the file."
                : $"{url.Host} does not give '{name}' to everybody (HTTP {(int)status}). {TokenHint(url)}"),
        HttpStatusCode.NotFound or HttpStatusCode.Gone => new(
            "model_file_not_found", $"{url.Host} has no '{name}' at the address given (HTTP {(int)status}). Check the address."),
        HttpStatusCode.TooManyRequests => new(
            "model_file_busy", $"{url.Host} asks for fewer requests (HTTP 429), so '{name}' was not fetched. Try again later."),
        _ => Unavailable(name, url, $"HTTP {(int)status}"),
    };

    /// <summary>Somebody else's text, cut and without characters that steer.</summary>
    public static string Shown(string text) => new([.. text.Take(80).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);

    private static string TokenHint(Uri url) => url.Host switch
    {
        "civitai.com" => $"Give the worker a key of CivitAI ({ModelFileVariables.CivitaiKey}).",
        "huggingface.co" => $"Give the worker a token of the hub ({WorkerVariables.HubToken}).",
        _ => "Use an address that carries its own permission, such as a presigned one; one that has run out must be made anew.",
    };
}
