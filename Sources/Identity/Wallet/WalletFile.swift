package import LedgerCore

/// A wallet as its file says it: everything but the secrets, which may be locked.
///
/// ```
/// -----BEGIN CAIRN WALLET-----
/// version 1
/// network <64 hex digits>
/// person <32 hex digits>
/// member <32 hex digits>                     optional
/// server https://node.example:8443           optional
/// label Dr Ada Byron, ward 3
/// key ed25519 <public key, base64url>        1 to 16, the first is the default
/// secret <32 bytes a key, base64url>         without a passphrase, or else:
/// scrypt 17 8 1 <salt, base64url>
/// sealed <nonce, ciphertext, tag, base64url>
/// digest <SHA-256 of all lines above, hex>
/// -----END CAIRN WALLET-----
/// ```
///
/// The sealed part is AES-256-GCM, bound to every line above it.
package struct WalletFile: Sendable {
    package let network: Digest
    package let person: Identifier
    package let member: Identifier?
    package let label: String
    package let server: String?
    /// The public keys, in order.
    package let publicKeys: [WalletPublicKey]

    let path: String
    let secrets: Secrets

    enum Secrets: Equatable, Sendable {
        case plain([UInt8])
        case locked(PassphraseBox)
    }

    static let format = KeyText(kind: "CAIRN WALLET", noun: "wallet", version: 1)

    /// Whether a passphrase is needed to unlock it.
    package var isLocked: Bool {
        switch secrets {
        case .plain: false
        case .locked: true
        }
    }

    /// Reads and checks a file without unlocking it.
    ///
    /// - Throws: ``KeyFileError``: `notFound`, `notPrivate`, `tooLarge`, `io`, `wrongKind`,
    ///   `newerVersion` or `damaged`.
    package static func read(_ path: String) throws(KeyFileError) -> WalletFile {
        try WalletFile(bytes: try SecretFile.read(path), path: path)
    }

    /// The wallet with its keys.
    ///
    /// - Throws: ``KeyFileError``: `passphraseNeeded`, `wrongPassphrase` (also for a locked file
    ///   that someone altered on purpose: the two cannot be told apart) or `damaged`.
    package func unlock(passphrase: String?) throws(KeyFileError) -> Wallet {
        let bytes: [UInt8]
        switch secrets {
        case .plain(let plain): bytes = plain
        case .locked(let box):
            guard let passphrase else {
                throw KeyFileError(
                    .passphraseNeeded, path: path, "is locked with a passphrase",
                    hint: "give the passphrase")
            }
            let context = WalletFile.context(publicLines, box.cost, box.salt)
            guard let opened = try? box.open(passphrase: passphrase, context: context) else {
                throw KeyFileError(
                    .wrongPassphrase, path: path, "does not open with this passphrase",
                    hint: "try again; a lost passphrase needs the recovery of the key")
            }
            bytes = opened
        }
        return try Wallet(
            network: network, person: person, member: member, label: label, server: server,
            keys: try keys(from: bytes))
    }

    private func keys(from bytes: [UInt8]) throws(KeyFileError) -> [WalletKey] {
        let size = KeyScheme.privateKeySize
        guard bytes.count == publicKeys.count * size else {
            throw WalletFile.format.damaged(path)
        }
        var keys = [WalletKey]()
        for (position, expected) in publicKeys.enumerated() {
            let secret = bytes[position * size..<(position + 1) * size]
            guard let key = WalletKey(scheme: expected.scheme, secret: secret),
                key.publicKey == expected
            else { throw WalletFile.format.damaged(path) }
            keys.append(key)
        }
        return keys
    }

    /// The lines that need no unlocking.
    var publicLines: [KeyText.Line] {
        var lines = [
            KeyText.Line(name: "network", value: network.description),
            KeyText.Line(name: "person", value: person.description),
        ]
        if let member { lines.append(.init(name: "member", value: member.description)) }
        if let server { lines.append(.init(name: "server", value: server)) }
        lines.append(.init(name: "label", value: label))
        for key in publicKeys {
            let value = "\(key.scheme.name) \(Base64.encodeURL(key.bytes))"
            lines.append(.init(name: "key", value: value))
        }
        return lines
    }

    /// The file's text.
    var rendered: [UInt8] {
        switch secrets {
        case .plain(let bytes):
            let line = KeyText.Line(name: "secret", value: Base64.encodeURL(bytes))
            return WalletFile.format.render(publicLines + [line])
        case .locked(let box):
            let cost = WalletFile.costLine(box.cost, box.salt)
            let line = KeyText.Line(name: "sealed", value: Base64.encodeURL(box.sealed))
            return WalletFile.format.render(publicLines + [cost, line])
        }
    }

    /// What a locked part is bound to: all lines above it.
    static func context(
        _ lines: [KeyText.Line], _ cost: PassphraseCost, _ salt: [UInt8]
    ) -> [UInt8] { Array(format.unsealed(lines + [costLine(cost, salt)]).utf8) }

    static func costLine(_ cost: PassphraseCost, _ salt: [UInt8]) -> KeyText.Line {
        let numbers = "\(cost.costLog2) \(cost.blockSize) \(cost.parallelism)"
        return KeyText.Line(name: "scrypt", value: "\(numbers) \(Base64.encodeURL(salt))")
    }
}

extension Wallet {
    /// Writes the wallet to a file that only its owner reads (mode 0600), whole or not at all.
    ///
    /// - Parameters:
    ///   - passphrase: locks the keys; `nil` leaves them readable by whoever reads the file.
    ///   - cost: of guessing the passphrase.
    ///   - overwrite: replace an existing file.
    /// - Throws: ``KeyFileError``: `exists`, `io`, `invalidValue`.
    package func write(
        to path: String, passphrase: String?, cost: PassphraseCost = .standard,
        overwrite: Bool = false
    ) throws(KeyFileError) {
        let file = try file(path: path, passphrase: passphrase, cost: cost)
        try SecretFile.write(file.rendered, to: path, overwrite: overwrite)
    }

    /// The file that `write` writes.
    func file(
        path: String, passphrase: String?, cost: PassphraseCost
    ) throws(KeyFileError) -> WalletFile {
        let bytes = keys.flatMap(\.secret)
        let plain = WalletFile(wallet: self, path: path, secrets: .plain(bytes))
        guard let passphrase else { return plain }
        guard (1...PassphraseBox.passphraseBytesMax).contains(passphrase.utf8.count) else {
            throw KeyFileError(
                .invalidValue, path: path, "passphrase is empty or far too long",
                hint: "several unrelated words make a good one")
        }
        let lines = plain.publicLines
        let box = try? PassphraseBox.seal(bytes, passphrase: passphrase, cost: cost) {
            WalletFile.context(lines, $0, $1)
        }
        guard let box else {
            throw KeyFileError(
                .io, path: path, "could not be locked", hint: "free some memory (128 MiB)")
        }
        return WalletFile(wallet: self, path: path, secrets: .locked(box))
    }
}
