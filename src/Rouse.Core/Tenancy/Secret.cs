namespace Rouse.Core.Tenancy;

/// <summary>A value that must never be shown. Prints <c>***</c> and has no JSON converter; <see cref="Reveal"/> names why it is needed.</summary>
public sealed class Secret : IEquatable<Secret>
{
    private readonly string _value;

    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = value;
    }

    /// <summary>The clear value, for the named purpose only.</summary>
    public string Reveal(SecretPurpose purpose) =>
        Enum.IsDefined(purpose) ? _value : throw new ArgumentOutOfRangeException(nameof(purpose));

    public bool Equals(Secret? other) => other is not null && string.Equals(_value, other._value, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_value);

    public override string ToString() => "***";
}

/// <summary>Why a <see cref="Secret"/> is revealed. A closed set, so that each use can be found.</summary>
public enum SecretPurpose
{
    /// <summary>Placed in the environment of the one worker that needs it.</summary>
    WorkerEnvironment,

    /// <summary>Sent to the provider as the caller's credential.</summary>
    ProviderCall,

    /// <summary>Sent to the model hub.</summary>
    HubCall,

    /// <summary>Signs calls to an object store.</summary>
    ObjectStoreCall,

    /// <summary>Signs what a webhook carries.</summary>
    WebhookSignature,

    /// <summary>Encrypted on its way to the store.</summary>
    Encryption,

    /// <summary>Shown to the caller for whom it was made.</summary>
    Answer,

    /// <summary>Looked for in a text, to be hidden there.</summary>
    Masking,

    /// <summary>The operator's own key, with which other keys are sealed.</summary>
    Sealing,
}
