/// Why a file of keys could not be read or written. It names the file and never a secret.
package struct KeyFileError: Error, Equatable, CustomStringConvertible {
    /// Stable codes for callers that react.
    package enum Code: String, Sendable {
        case notFound = "not-found"
        case exists
        case notPrivate = "not-private"
        case tooLarge = "too-large"
        case io
        case wrongKind = "wrong-kind"
        case newerVersion = "newer-version"
        case damaged
        case passphraseNeeded = "passphrase-needed"
        case wrongPassphrase = "wrong-passphrase"
        case invalidValue = "invalid-value"
    }

    package let code: Code
    /// The file, or a dash where the text did not come from one.
    package let path: String
    /// What happened.
    package let message: String
    /// What to do next.
    package let hint: String

    init(_ code: Code, path: String, _ message: String, hint: String) {
        self.code = code
        self.path = path
        self.message = message
        self.hint = hint
    }

    /// Two lines, as the command line prints them.
    package var description: String { "error: \(path): \(message)\nhint: \(hint)" }
}
