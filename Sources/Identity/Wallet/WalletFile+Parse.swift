import LedgerCore

extension WalletFile {
    init(wallet: Wallet, path: String, secrets: Secrets) {
        network = wallet.network
        person = wallet.person
        member = wallet.member
        label = wallet.label
        server = wallet.server
        publicKeys = wallet.keys.map(\.publicKey)
        self.path = path
        self.secrets = secrets
    }

    /// Reads the text of a wallet. Whatever is not exactly what ``rendered`` would write is
    /// `damaged`.
    init(bytes: [UInt8], path: String) throws(KeyFileError) {
        let format = WalletFile.format
        var lines = try format.parse(bytes, path: path)[...]
        func take(_ name: String) -> String? {
            guard let line = lines.first, line.name == name else { return nil }
            lines.removeFirst()
            return line.value
        }
        guard let network = take("network").flatMap({ Digest(hex: $0) }),
            let person = take("person").flatMap({ Identifier(hex: $0) })
        else { throw format.damaged(path) }
        // A malformed optional line is dropped here and missed when the text is compared.
        let member = take("member").flatMap { Identifier(hex: $0) }
        let server = take("server")
        guard let label = take("label"), Wallet.fault(label: label, server: server) == nil else {
            throw format.damaged(path)
        }
        var keys = [WalletPublicKey]()
        while let value = take("key") {
            guard keys.count < Wallet.keysMax, let key = WalletFile.publicKey(value) else {
                throw format.damaged(path)
            }
            keys.append(key)
        }
        guard !keys.isEmpty,
            let secrets = WalletFile.secrets(Array(lines), keyCount: keys.count)
        else { throw format.damaged(path) }
        self.network = network
        self.person = person
        self.member = member
        self.label = label
        self.server = server
        publicKeys = keys
        self.path = path
        self.secrets = secrets
        guard rendered == bytes else { throw format.damaged(path) }
    }

    private static func publicKey(_ value: String) -> WalletPublicKey? {
        let parts = value.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let scheme = KeyScheme(name: parts[0]),
            let bytes = Base64.decodeURL(String(parts[1]))
        else { return nil }
        return WalletPublicKey(scheme: scheme, bytes: bytes)
    }

    private static func secrets(_ lines: [KeyText.Line], keyCount: Int) -> Secrets? {
        let size = keyCount * KeyScheme.privateKeySize
        if lines.count == 1, lines[0].name == "secret" {
            guard let bytes = Base64.decodeURL(lines[0].value), bytes.count == size else {
                return nil
            }
            return .plain(bytes)
        }
        guard lines.count == 2, lines[0].name == "scrypt", lines[1].name == "sealed" else {
            return nil
        }
        let parts = lines[0].value.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 4, let costLog2 = Int(parts[0]), let blockSize = Int(parts[1]),
            let parallelism = Int(parts[2]),
            let cost = PassphraseCost(
                costLog2: costLog2, blockSize: blockSize, parallelism: parallelism),
            let salt = Base64.decodeURL(String(parts[3])), salt.count == PassphraseBox.saltSize,
            let sealed = Base64.decodeURL(lines[1].value),
            sealed.count == size + PassphraseBox.overheadSize
        else { return nil }
        return .locked(PassphraseBox(cost: cost, salt: salt, sealed: sealed))
    }
}
