import Crypto
import LedgerCore

extension NodeKeys {
    static let format = KeyText(kind: "CAIRN NODE KEYS", noun: "file of node keys", version: 1)

    /// Writes the keys: mode 0600, whole or not at all, synced before it returns.
    ///
    /// The file is not locked by a passphrase, for a node starts without a person. Keep it on a
    /// disk that is encrypted, and its backup apart from the data.
    ///
    /// - Parameter overwrite: replace an existing file (rotation). Without it, `exists`.
    /// - Throws: ``KeyFileError``: `exists`, `io`.
    package func write(to path: String, overwrite: Bool = false) throws(KeyFileError) {
        try SecretFile.write(rendered, to: path, overwrite: overwrite)
    }

    /// Reads the keys back.
    ///
    /// - Throws: ``KeyFileError``: `notFound`, `notPrivate`, `tooLarge`, `io`, `wrongKind`,
    ///   `newerVersion` or `damaged`; each names the file.
    package static func read(_ path: String) throws(KeyFileError) -> NodeKeys {
        try NodeKeys(bytes: try SecretFile.read(path), path: path)
    }

    /// The file's text: `name algorithm secret`, the secrets as 32 bytes in base64url.
    var rendered: [UInt8] {
        let secrets: [(String, String, [UInt8])] = [
            ("stamp", "ed25519", [UInt8](stamp.rawRepresentation)),
            ("checkpoint", "ed25519", [UInt8](checkpoint.rawRepresentation)),
            ("transport", "p256", [UInt8](transport.rawRepresentation)),
            ("token", "p256", [UInt8](token.rawRepresentation)),
            ("sealing", "x-wing", [UInt8](sealing.seedRepresentation)),
            ("storage", "bytes", storageRoot.withUnsafeBytes { [UInt8]($0) }),
            ("claim", "bytes", claim.withUnsafeBytes { [UInt8]($0) }),
            ("authority", "p256", [UInt8](authority.rawRepresentation)),
        ]
        return NodeKeys.format.render(
            secrets.map { .init(name: $0.0, value: "\($0.1) \(Base64.encodeURL($0.2))") })
    }

    /// Reads the text. Whatever is not exactly what ``rendered`` would write is `damaged`.
    init(bytes: [UInt8], path: String) throws(KeyFileError) {
        var lines = try NodeKeys.format.parse(bytes, path: path)[...]
        func take(_ name: String, _ algorithm: String) throws(KeyFileError) -> [UInt8] {
            guard let line = lines.popFirst(), line.name == name,
                line.value.hasPrefix("\(algorithm) "),
                let secret = Base64.decodeURL(String(line.value.dropFirst(algorithm.count + 1))),
                secret.count == 32
            else { throw NodeKeys.format.damaged(path) }
            return secret
        }
        let secrets = (
            stamp: try take("stamp", "ed25519"), checkpoint: try take("checkpoint", "ed25519"),
            transport: try take("transport", "p256"), token: try take("token", "p256"),
            sealing: try take("sealing", "x-wing"), storage: try take("storage", "bytes"),
            claim: try take("claim", "bytes"), authority: try take("authority", "p256")
        )
        do {
            stamp = try .init(rawRepresentation: secrets.stamp)
            checkpoint = try .init(rawRepresentation: secrets.checkpoint)
            transport = try .init(rawRepresentation: secrets.transport)
            token = try .init(rawRepresentation: secrets.token)
            sealing = try .init(seedRepresentation: secrets.sealing, publicKey: nil)
            storageRoot = SymmetricKey(data: secrets.storage)
            claim = SymmetricKey(data: secrets.claim)
            authority = try .init(rawRepresentation: secrets.authority)
        } catch { throw NodeKeys.format.damaged(path) }
        guard lines.isEmpty, rendered == bytes else { throw NodeKeys.format.damaged(path) }
    }
}
